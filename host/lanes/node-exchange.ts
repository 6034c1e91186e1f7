import type { NodeAccount, UnsentReplies } from "./unsent-replies.ts";

/** What exchanges on Node's own HTTP have in common: those of a connection share an account of what is unsent. */
export abstract class NodeExchange {
  /** Set once the exchange is open. */
  protected replies!: UnsentReplies;

  abstract get account(): NodeAccount;

  room(unfolds: boolean): Promise<void> | undefined {
    return this.replies.room(this, unfolds);
  }

  unfolded(): void {
    this.account.unfolded();
  }

  /** Node's windows are what they are. */
  incomplete(): void {}

  settled(): void {}
}

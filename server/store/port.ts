/** A way to another thread or process. What is posted arrives whole and in order, for as long as both ends are there. */
export interface Port<Out, In> {
  post(message: Out): void;
  /** Sets who is told of what arrives; to be called before the turn of the event loop ends in which the port came to be. */
  onMessage(listener: (message: In) => void): void;
  /** Sets who is told, once, that the other end is gone, and why. */
  onEnd(listener: (reason: unknown) => void): void;
}

import { checkJudgement, checkWhole, testCorpus } from "./check.fixture.ts";

testCorpus("the fast path accepts nothing that node:http refuses, and sees the same requests", async one => {
  await checkJudgement(one);
  await checkWhole(one);
});

import { checkCuts, testCorpus } from "../../host/http1/corpus/check.fixture.ts";

testCorpus("the fast path sees what node:http sees, wherever the bytes are cut", checkCuts);

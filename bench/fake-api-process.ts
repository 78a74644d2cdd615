import { FakeApi } from '../test/support/fake-api.js';
import { completedRecord } from '../test/support/records.js';

// The fake API in a process of its own, so that it does not slow down the one that measures.
const count = Number(process.argv[2]);
const fakeApi = await FakeApi.start(Array.from({ length: count }, (_, index) => completedRecord(`task-${index}`)));
// Recording thousands of requests would only fill the memory.
fakeApi.requests.push = () => 0;
process.on('disconnect', () => process.exit(0));
process.send?.(fakeApi.url);

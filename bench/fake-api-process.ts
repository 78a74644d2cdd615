import { FakeApi } from '../test/support/fake-api.js';
import { completedRecord, documented } from '../test/support/records.js';

// The fake API in a process of its own, so that it does not slow down the one that measures.
const [count] = process.argv.slice(2);
const ids = Array.from({ length: Number(count) }, (_, index) => `task-${index}`);
const fakeApi = await FakeApi.start([documented, ...ids.map((id) => completedRecord(id))]);
// Recording thousands of requests would only fill the memory.
fakeApi.requests.push = () => 0;
process.on('disconnect', () => process.exit(0));
process.send?.(fakeApi.url);

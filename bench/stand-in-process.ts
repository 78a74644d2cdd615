import { completedRecord, documented } from '../test/support/records.js';
import { StandIn } from '../test/support/stand-in.js';

// The API in a process of its own, so that it does not slow down the one that holds the watch.
const [count] = process.argv.slice(2);
const ids = Array.from({ length: Number(count) }, (_, index) => `task-${index}`);
const standIn = await StandIn.start([documented, ...ids.map((id) => completedRecord(id))]);
// Thousands of requests come: what they were would only fill the memory.
standIn.requests.push = () => 0;
process.on('disconnect', () => process.exit(0));
process.send?.(standIn.url);

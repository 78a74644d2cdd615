import { completedRecord, type Json, pendingRecord } from '../test/support/records.js';

/** A task for the fake API that begins when it is first looked up and lasts that long, with dates and seconds that agree. */
export function rendering(id: string, lastsMs: number): () => Json {
  let startMs: number | undefined;
  return () => {
    startMs ??= Date.now();
    const created_at = startMs / 1000;
    const elapsed = lastsMs / 1000;
    if (Date.now() < startMs + lastsMs) return { ...pendingRecord(id), created_at };
    return { ...completedRecord(id), created_at, started_at: created_at, finished_at: created_at + elapsed, elapsed };
  };
}

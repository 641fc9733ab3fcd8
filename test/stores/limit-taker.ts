/**
 * A gateway's part in a shared limit, in a process of its own: takes as many tokens as it is told, all at once, and prints
 * the verdicts. Arguments: URL of Redis, subject, number of takes, microseconds for a token, burst. It says when it is
 * ready, and waits for a byte before it takes.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { createLimiters } from '../../src/stores/redis-limits.ts';
import { neverLimiters } from './redis-limiters.fixture.ts';

const [store = '', subject = '', takes = '', emissionMicros = '', burst = ''] = process.argv.slice(2);
const limiters = createLimiters({ store, on_store_failure: 'reject' }, neverLimiters, () => {});
await limiters.ready();
const limiter = limiters.create('shared', { emissionMicros: Number(emissionMicros), burst: Number(burst) });
writeSync(1, 'ready\n');
await once(process.stdin, 'data');
const verdicts = await Promise.all(Array.from({ length: Number(takes) }, async () => limiter.take(subject)));
writeSync(1, `${JSON.stringify(verdicts)}\n`);
limiters.close();
process.stdin.destroy();

/** One run of `LoadClient` in a process of its own; the setting is the parameter, as JSON, and so is the result. */
import { existsSync, writeFileSync } from 'node:fs';
import { LoadClient, type OpenLoopSetting } from './load-client.ts';

/** Where it is there, Linux shares a core among sessions first, and the class of a process counts within its own alone. */
const sessionPriority = '/proc/self/autogroup';
if (existsSync(sessionPriority)) writeFileSync(sessionPriority, '19');

const setting = JSON.parse(process.argv[2] ?? '') as OpenLoopSetting;
// Until the engine has compiled what runs for every request.
await LoadClient.run({ ...setting, seconds: 2 });
process.stdout.write(`${JSON.stringify(await LoadClient.run(setting))}\n`);
process.exit(0);

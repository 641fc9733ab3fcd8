/** One run of `LoadClient` in a process of its own; the setting is the parameter, as JSON, and so is the result. */
import { LoadClient, type OpenLoopSetting } from './load-client.ts';

const setting = JSON.parse(process.argv[2] ?? '') as OpenLoopSetting;
// Until the engine has compiled what runs for every request.
await LoadClient.run({ ...setting, seconds: 2 });
process.stdout.write(`${JSON.stringify(await LoadClient.run(setting))}\n`);
process.exit(0);

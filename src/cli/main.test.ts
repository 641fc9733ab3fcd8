import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordInvocation } from './invocation.fixture.ts';
import { runCommandLine } from './main.ts';

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

async function run(...words: string[]): Promise<Outcome> {
  const { invocation, outputText, errorsText } = recordInvocation();
  const code = await runCommandLine(words, invocation);
  return { code, output: outputText(), errors: errorsText() };
}

test('--help lists every command with its summary', async () => {
  for (const words of [['--help'], ['-h'], ['-help'], ['help']]) {
    const { code, output, errors } = await run(...words);
    assert.equal(code, 0);
    assert.equal(errors, '');
    for (const name of ['run', 'demo', 'check', 'explain', 'gateway', 'backend', 'client'])
      assert.match(output, new RegExp(`^  ${name} +\\S`, 'm'));
  }
});

test('every command has a help of its own, with an example', async () => {
  for (const name of ['run', 'demo', 'check', 'explain', 'gateway', 'backend', 'client']) {
    const { code, output } = await run(name, '--help');
    assert.equal(code, 0);
    assert.match(output, new RegExp(`^Usage: sluice ${name}`));
    assert.match(output, new RegExp(`Examples?:\\n(?:.*\\n)*?  sluice ${name}`));
    assert.deepEqual((await run('help', name)).output, output);
  }
});

test('--version tells the version', async () => {
  for (const word of ['--version', '-version']) assert.match((await run(word)).output, /^sluice \d+\.\d+\.\d+\n$/);
});

test('an unknown command is named with the nearest known one, exit code 2', async () => {
  assert.deepEqual(await run('demmo'), {
    code: 2,
    output: '',
    errors: 'sluice: unknown command "demmo". Did you mean demo?\nSee: sluice --help\n',
  });
  assert.match((await run('xyzzy')).errors, /^sluice: unknown command "xyzzy"\. The commands are run, demo, check, /);
  assert.equal((await run('help', 'xyzzy')).code, 2);
});

test('an unknown flag is named, exit code 2', async () => {
  assert.deepEqual(await run('demo', '-backendport', '1'), {
    code: 2,
    output: '',
    errors: 'sluice: unknown flag -backendport. Did you mean -backend-port?\nSee: sluice demo --help\n',
  });
});

test('without a command, run is run', async () => {
  const alone = await run();
  assert.equal(alone.code, 1);
  assert.match(
    alone.errors,
    /^There is no sluice\.yaml, .* so environment variables count .*\nADMIN_PASSWORD: is required/,
  );
  assert.match((await run('run')).errors, /^There is no configuration: no sluice\.yaml, /);
  assert.deepEqual(await run('-c', '/nowhere/sluice.yaml'), {
    code: 1,
    output: '',
    errors: '/nowhere/sluice.yaml: there is no such file\n',
  });
});

test('-mode is the command of the same name, with its flags in the Go form', async () => {
  for (const mode of ['gateway', 'backend', 'client']) {
    assert.deepEqual(await run('-mode', mode, '-help'), await run(mode, '--help'));
    assert.match((await run(`--mode=${mode}`, '-xyzzy')).errors, new RegExp(`\nSee: sluice ${mode} --help\n$`));
  }
  assert.equal((await run('-mode', 'backend', '-port', 'x')).code, 2);
  assert.deepEqual(await run('-mode', 'gatway'), {
    code: 2,
    output: '',
    errors:
      'sluice: -mode must be gateway, backend or client, not "gatway". Did you mean gateway?\nSee: sluice --help\n',
  });
});

test('-mode without a value, and a misspelled -mode, are told', async () => {
  for (const [words, message] of [
    [['-mode'], '--mode needs a value.'],
    [['-mode', '-port', '1'], '--mode needs a value; write --mode=-port if -port is the value.'],
    [['-mdoe', 'client'], 'unknown flag -mdoe. Did you mean -mode?'],
  ] as const) {
    assert.deepEqual(await run(...words), {
      code: 2,
      output: '',
      errors: `sluice: ${message}\nSee: sluice gateway --help\n`,
    });
  }
});

test('a flag that only the gateway of flags has needs no mode, and a misspelled one is told with its name', async () => {
  assert.deepEqual(await run('-port', '8080x', '-prot', '1'), {
    code: 2,
    output: '',
    errors: 'sluice: unknown flag -prot. Did you mean -port?\nSee: sluice gateway --help\n',
  });
  assert.deepEqual(await run('-port', '8080x'), {
    code: 2,
    output: '',
    errors: 'sluice: -port: expected a whole number from 0 to 65535, got "8080x"\nSee: sluice gateway --help\n',
  });
  assert.match((await run('--workers', '1')).errors, /^There is no sluice\.yaml, /);
});

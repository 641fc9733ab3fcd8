import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasSecretDefault, hideWritten, isOnlyReferences } from './written-secrets.ts';

test('a secret that is made of references is shown without their defaults', () => {
  assert.equal(hideWritten('${A}', true), '${A}');
  assert.equal(hideWritten('${A}${B:-}', true), '${A}${B:-}');
  assert.equal(hideWritten('${A:-hunter2}', true), '${A}');
  assert.equal(hideWritten('hunter2${A}', true), '***');
  assert.equal(hideWritten('$${A}', true), '***');
});

test('of another text the credentials of URLs and the defaults of secrets are hidden', () => {
  const cases: [string, string][] = [
    ['redis://:${PW}@${HOST:-localhost}:6379', 'redis://:${PW}@${HOST:-localhost}:6379'],
    ['redis://app:${PW:-hunter2}@localhost', 'redis://app:${PW}@localhost'],
    ['redis://:hunter2@${HOST}', 'redis://***@${HOST}'],
    ['redis://${USER}:hunter2@${HOST}', 'redis://***@${HOST}'],
    ['redis://hunter2@${HOST}', 'redis://***@${HOST}'],
    ['${STORE:-redis://:hunter2@localhost}', '${STORE}'],
    ['redis://${PLACE:-app:hunter2@localhost}', 'redis://${PLACE}'],
    ['${STORE:-redis://localhost}', '${STORE:-redis://localhost}'],
    ['redis://h/m?sentinel_password=${PW:-hunter2}&a=1', 'redis://h/m?sentinel_password=${PW}&a=1'],
    ['redis://h/${DB}?sentinel_password=hunter2&a=1', 'redis://h/${DB}?sentinel_password=***&a=1'],
    ['./${TOKEN:-hunter2}/$${x}.log', './${TOKEN}/$${x}.log'],
  ];
  for (const [text, expected] of cases) assert.equal(hideWritten(text, false), expected);
});

test('a default is a secret in clear where the text is one, or where it stands for credentials', () => {
  assert.equal(hasSecretDefault('${A:-hunter2}', true), true);
  assert.equal(hasSecretDefault('${A}${B:-}', true), false);
  assert.equal(hasSecretDefault('hunter2${A}', true), false);
  assert.equal(hasSecretDefault('redis://:${PW:-hunter2}@localhost', false), true);
  assert.equal(hasSecretDefault('redis://:${PW}@${HOST:-localhost}', false), false);
});

test('references are told from what is none', () => {
  for (const text of ['', '${A}', '${A}${B}', '${A:-}']) assert.equal(isOnlyReferences(text), true, text);
  for (const text of ['a', '$${A}', '${A} ', '${A:-b}']) assert.equal(isOnlyReferences(text), false, text);
});

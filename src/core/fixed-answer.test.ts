import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FixedAnswer } from './fixed-answer.ts';
import { compileTemplate, renderFieldValue, type TemplateSource } from './template.ts';
import { RequestHead } from './request-head.ts';
import { headOf } from './routed-request.fixture.ts';

const source: TemplateSource = {
  head: new RequestHead(),
  path: '/users/4711',
  clientIp: '192.0.2.1',
  requestId: 'abc',
  routeName: 'users',
  consumer: { id: '1', name: 'Zo\u00eb \u20ac', rateLimit: null, permissions: [] },
};

describe('a fixed answer', () => {
  const reply = (answer: Partial<ConstructorParameters<typeof FixedAnswer>[0]>) =>
    new FixedAnswer({ status: 200, body: '', headers: {}, ...answer }, '/users/{id}').reply(source);

  test('is filled in from the request', () => {
    const { fields, body } = reply({ body: 'user {id},\nrequest {request.id}', headers: { 'X-Id': '{id}' } });
    assert.equal(body, 'user 4711,\nrequest abc');
    assert.deepEqual(fields, [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['X-Id', '4711'],
    ]);
  });

  test('has text in UTF-8, of its own, of a field and of a name', () => {
    const head = headOf({ headers: { 'X-In': 'caf\u00e9' } });
    const answer = new FixedAnswer({ status: 200, body: '\u20ac {header.x-in} {consumer.name}', headers: {} }, '/*');
    assert.equal(answer.reply({ ...source, head }).body, '\u20ac caf\u00e9 Zo\u00eb \u20ac');
  });

  test('is JSON where it looks like that, and whatever its headers say', () => {
    assert.deepEqual(reply({ body: ' [1]' }).fields, [['Content-Type', 'application/json']]);
    assert.deepEqual(reply({ body: '{{}}' }).fields, [['Content-Type', 'application/json']]);
    assert.deepEqual(reply({ body: '{}x', headers: { 'content-type': 'a/b' } }).fields, [['content-type', 'a/b']]);
    assert.deepEqual(reply({}).fields, []);
  });
});

describe('the value of a field', () => {
  const render = (text: string) => renderFieldValue(compileTemplate(text, '/*'), source);

  test('is bytes: what is more than that stands in UTF-8', () => {
    assert.equal(render('{consumer.name}'), Buffer.from('Zo\u00eb \u20ac').toString('latin1'));
    assert.equal(render('caf\u00e9\t{request.id}'), 'caf\u00e9\tabc');
  });

  test('never leaves its line', () => {
    assert.equal(render('a\r\nX-Evil: 1\0\u007fb'), 'aX-Evil: 1b');
    assert.equal(render('\u20ac\r\n'), Buffer.from('\u20ac').toString('latin1'));
  });
});

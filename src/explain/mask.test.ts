import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestParser } from '../http1/request-parser.ts';
import { defaultHeadLimits } from '../http1/limits.ts';
import { Mask } from './mask.ts';

function maskOf(text: string, more: readonly string[] = []): Mask {
  const parser = new RequestParser(defaultHeadLimits);
  parser.reset(defaultHeadLimits);
  const bytes = Buffer.from(text.replaceAll('\n', '\r\n'));
  parser.feed(bytes, 0, bytes.length);
  return new Mask(parser.head, more);
}

const basic = Buffer.from('alice:correct-horse').toString('base64');
const request = `GET /a?access_token=query-secret&v=1 HTTP/1.1
Host: a
X-API-Key: key-in-a-field
Authorization: Basic ${basic}
Cookie: theme=light-theme; sid=cookie-secret
X-Tenant: acme-corp

`;

test('secrets of fields, cookies, credentials and the query are hidden wherever they turn up', () => {
  const mask = maskOf(request, ['looked-up-key']);
  const secrets = ['key-in-a-field', basic, 'correct-horse', 'alice:correct-horse', 'cookie-secret', 'query-secret'];
  for (const secret of [...secrets, 'looked-up-key']) {
    assert.equal(mask.text(`it was ${secret}, again ${secret}.`), 'it was ***, again ***.');
  }
  assert.equal(mask.text('acme-corp asks'), 'acme-corp asks');
});

test('fields that hold a secret by their name are hidden whatever they hold', () => {
  const mask = maskOf(request);
  for (const name of ['Authorization', 'cookie', 'X-API-Key', 'X-Auth-Token', 'X_SECRET', 'Client-Password', 'apikey'])
    assert.equal(mask.line(`${name}: a`), `${name}: ***`);
  for (const name of ['Accept', 'Access-Control-Allow-Origin', 'X-Author', 'Keep-Alive', 'X-Monkey'])
    assert.equal(mask.line(`${name}: a`), `${name}: a`);
  assert.equal(mask.line('no field at all'), 'no field at all');
});

test('parameters that hold a secret by their name are hidden', () => {
  const mask = maskOf(request);
  assert.equal(
    mask.query('GET /a?access_token=x&v=1&sig=y&session= HTTP/1.1'),
    'GET /a?access_token=***&v=1&sig=***&session=*** HTTP/1.1',
  );
  assert.equal(mask.query('?author=me&keyboard=qwerty'), '?author=me&keyboard=qwerty');
});

test('a short value is hidden by its name alone, since it may stand in a text by chance', () => {
  const mask = maskOf('GET / HTTP/1.1\nHost: a\nCookie: a=1\n\n');
  assert.equal(mask.text('1 of 10 left'), '1 of 10 left');
  assert.equal(mask.line('Cookie: a=1'), 'Cookie: ***');
});

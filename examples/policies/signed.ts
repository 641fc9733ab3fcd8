import { createHmac, timingSafeEqual } from 'node:crypto';
import { definePolicy } from 'sluice';

/** Lets only requests through whose body is signed with a secret that both sides know, as webhooks are. */
export const signed = definePolicy({
  name: 'signed',
  summary: 'Lets only requests through whose body is signed.',
  options: ({ section, z, headerName }) =>
    section({
      secret: z.string().min(1).describe('What both sides know.'),
      header: headerName().prefault('x-signature').describe('Has the HMAC-SHA-256 of the body, in hexadecimal digits.'),
    }),
  // It is asked once the whole body is there; a longer one is refused.
  body: '64KiB',
  refusals: ['body_too_large'],
  create: ({ secret, header }) => ({
    onRequest({ head, body }) {
      if (body === null) return undefined;
      const sent = Buffer.from(head.get(header) ?? '', 'hex');
      const expected = createHmac('sha256', secret).update(body).digest();
      const isSame = sent.length === expected.length && timingSafeEqual(sent, expected);
      return isSame ? undefined : { status: 403, fields: [['Content-Type', 'text/plain']], body: 'not signed\n' };
    },
  }),
});

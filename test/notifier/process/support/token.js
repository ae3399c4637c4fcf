// Makes tokens, valid and invalid ones.

import { createHmac, sign } from 'node:crypto';

export const SECRET = 'a secret of thirty-two bytes, or more';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
export const now = () => Math.floor(Date.now() / 1000);

export function token(claims, { alg = 'HS256', key = SECRET, header = {} } = {}) {
  const text = `${encode({ alg, typ: 'JWT', ...header })}.${encode(claims)}`;
  const bits = alg.slice(2);
  if (alg === 'none') return `${text}.`;
  if (alg.startsWith('HS')) return `${text}.${createHmac(`sha${bits}`, key).update(text).digest('base64url')}`;
  return `${text}.${sign(`sha${bits}`, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

export const bearerOf = (claims) => ({ authorization: `Bearer ${token({ exp: now() + 60, ...claims })}` });
export const bearer = (role, more = {}) => bearerOf({ role, ...more });

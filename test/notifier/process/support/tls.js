// Certificates for servers of tests, and requests to those.

import { execFileSync } from 'node:child_process';
import https from 'node:https';
import { join } from 'node:path';

// One that signs itself, in files of that folder.
export function certificate(folder, name, file = name) {
  const [cert, key] = [join(folder, `${file}.pem`), join(folder, `${file}.key`)];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
    '-addext', 'subjectAltName=IP:127.0.0.1', '-out', cert, '-keyout', key], { stdio: 'ignore' });
  return { cert, key };
}

// One request, whoever signed the certificate.
export function secure(url, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const req = https.request(url, { method, headers: { 'content-length': body?.length ?? 0, ...headers }, rejectUnauthorized: false, agent: false }, (res) => {
      const parts = [];
      res.on('data', (part) => parts.push(part));
      res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, text: Buffer.concat(parts).toString(), body: Buffer.concat(parts) }));
    });
    req.on('error', reject);
    req.end(body);
  });
}

/** The http, https and tls checks against nginx. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCertificates } from '../../health/support/certificates.js';
import { skipWithout } from '../../support/require-tool.js';
import { verdictOf, withServerProgram, writeIn, type ServerProgram } from './support/server-program.js';

const needs =
  skipWithout('nginx', 'apt-get install nginx-light') || skipWithout('openssl', 'apt-get install openssl');

/** @param listen what follows the port: `ssl` and the certificates */
function nginx(server: (place: ServerProgram) => string) {
  return (place: ServerProgram): readonly string[] => {
    const { port, folder } = place;
    const text = `
      daemon off; master_process off; pid ${folder}/pid; error_log stderr;
      events {}
      http {
        access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p;
        fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
        server {
          listen 127.0.0.1:${port} LISTEN; listen [::1]:${port} LISTEN;
          location = /ready { return 200 "all is ready\\n"; }
          location = /json { default_type application/json; return 200 '{"status":"UP","nodes":[{"lag":0}]}'; }
          location = /down { return 503; }
          location = /moved { return 302 /ready; }
          location = /named { if ($host != shop.example) { return 404; } return 204; }
          location = /login { auth_basic x; auth_basic_user_file ${folder}/users; try_files /none =204; }
          ${server(place)}
        }
      }`;
    const listen = server(place) === '' ? '' : 'ssl';
    writeIn(folder, 'users', 'probe:{PLAIN}hunter2\n');
    return ['nginx', '-p', folder, '-c', writeIn(folder, 'nginx.conf', text.replaceAll('LISTEN', listen))];
  };
}

describe('http checks of nginx', { skip: needs }, () => {
  it('tell status, body, host and login', async () => {
    await withServerProgram(
      nginx(() => ''),
      async ({ port, folder }) => {
        const ask = (check: string, address = '127.0.0.1'): Promise<string> =>
          verdictOf(`{ type: http, ${check} }`, address, port);
        for (const address of ['127.0.0.1', '::1'])
          assert.equal(await ask('path: /ready, expect_body: /^all is READY/i', address), 'up: status 200');
        assert.equal(
          await ask('path: /json, expect_json: { path: "$.nodes[0].lag", value: 0 }'),
          'up: status 200',
        );
        assert.match(
          await ask('path: /json, expect_json: { path: $.status, value: DOWN }'),
          /\$\.status: "UP", expected "DOWN"$/,
        );
        assert.match(await ask('path: /down'), /\/down: status 503, expected 200-299$/);
        assert.match(await ask('path: /moved'), /status 302, expected 200-299$/);
        assert.match(await ask('path: /named'), /status 404/);
        assert.equal(await ask('path: /named, host: shop.example'), 'up: status 204');
        assert.equal(await ask('path: /ready, method: HEAD'), 'up: status 200');
        assert.match(await ask('path: /login'), /status 401/);
        const file = writeIn(folder, 'password', 'hunter2\n');
        assert.equal(
          await ask(
            `path: /login, expect_status: 204, basic_auth: { username: probe, password_file: ${file} }`,
          ),
          'up: status 204',
        );
      },
    );
  });

  it('tell good certificates from bad ones, and show their own', async () => {
    const certificates = createCertificates();
    try {
      const ssl = ({ folder }: ServerProgram): string => {
        const cert = writeIn(folder, 'cert.pem', certificates.valid.cert);
        const key = writeIn(folder, 'key.pem', certificates.valid.key);
        return `ssl_certificate ${cert}; ssl_certificate_key ${key};
          ssl_client_certificate ${certificates.authorityFile}; ssl_verify_client optional;
          location = /mine { if ($ssl_client_verify != SUCCESS) { return 403; } return 204; }`;
      };
      await withServerProgram(nginx(ssl), async ({ port, folder }) => {
        const ask = (check: string): Promise<string> => verdictOf(`{ ${check} }`, '127.0.0.1', port);
        const ca = `ca_file: ${certificates.authorityFile}`;
        assert.equal(await ask(`type: https, path: /ready, host: shop.example, ${ca}`), 'up: status 200');
        assert.match(
          await ask('type: https, path: /ready, host: shop.example'),
          /TLS: unable to verify the first certificate$/,
        );
        assert.match(
          await ask(`type: https, host: evil.example, ${ca}`),
          /TLS: Host: evil\.example\. is not in/,
        );
        assert.match(await ask(`type: https, path: /mine, host: shop.example, ${ca}`), /status 403/);
        const own = `cert_file: ${folder}/cert.pem, key_file: ${folder}/key.pem`;
        assert.equal(
          await ask(`type: https, path: /mine, host: shop.example, ${ca}, ${own}`),
          'up: status 204',
        );
        assert.match(
          await ask(`type: tls, server_name: shop.example, ${ca}`),
          /^up: TLSv1\.[23], certificate until 2099/,
        );
      });
    } finally {
      certificates.remove();
    }
  });
});

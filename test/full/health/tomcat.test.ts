/** The http check against Tomcat: an application that is well, one that has failed, one that is not there. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { skipOrFail } from '../../support/require-tool.js';
import { verdictOf, withServerProgram, writeIn, type ServerProgram } from './support/server-program.js';

const HOME = '/usr/share/tomcat10';
const needs =
  !existsSync(join(HOME, 'bin/catalina.sh')) &&
  skipOrFail('tomcat10', 'tomcat10 is not installed; cure: apt-get install tomcat10');

function tomcat({ port, folder }: ServerProgram): readonly string[] {
  for (const name of ['conf', 'logs', 'temp', 'work', 'webapps/ROOT/WEB-INF'])
    mkdirSync(join(folder, name), { recursive: true });
  const root = join(folder, 'webapps/ROOT');
  writeIn(root, 'ready.jsp', '<% response.setContentType("application/json"); %>{"status":"UP"}');
  writeIn(root, 'broken.jsp', '<% if (true) throw new RuntimeException("no database"); %>');
  writeIn(
    join(root, 'WEB-INF'),
    'web.xml',
    '<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0"></web-app>',
  );
  // JSPs need the servlet that the package's own web.xml declares.
  const conf = join(folder, 'conf');
  writeIn(
    conf,
    'server.xml',
    `<Server port="-1"><Service name="Catalina">
       <Connector port="${port}" protocol="HTTP/1.1" address="::" />
       <Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps" unpackWARs="false" /></Engine>
     </Service></Server>`,
  );
  const script = `cp /etc/tomcat10/web.xml ${conf}/web.xml && exec ${HOME}/bin/catalina.sh run`;
  return ['env', `CATALINA_HOME=${HOME}`, `CATALINA_BASE=${folder}`, 'sh', '-c', script];
}

describe('http checks of Tomcat', { skip: needs }, () => {
  it('tell an application that works from one that fails and from none', async () => {
    await withServerProgram(tomcat, async ({ port }) => {
      const ask = (check: string, address = '127.0.0.1'): Promise<string> =>
        verdictOf(`{ type: http, timeout: 20s, ${check} }`, address, port);
      for (const address of ['127.0.0.1', '::1'])
        assert.equal(
          await ask('path: /ready.jsp, expect_json: { path: $.status, value: UP }', address),
          'up: status 200',
        );
      assert.match(await ask('path: /broken.jsp'), /^GET .*\/broken\.jsp: status 500, expected 200-299$/);
      assert.match(await ask('path: /shop/'), /\/shop\/: status 404, expected 200-299$/);
    });
  });
});

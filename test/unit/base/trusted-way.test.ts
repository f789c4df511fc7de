import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultOnTheWay, judgeTrustedProgram, type StepFacts } from '../../../src/base/trusted-way.js';

const ROOT: StepFacts = { uid: 0, mode: 0o755, link: null };

/** Root's own and no links, but for what is given. */
function way(path: string, differing: Readonly<Record<string, Partial<StepFacts>>>): Promise<string | null> {
  return faultOnTheWay(path, (step) => Promise.resolve({ ...ROOT, ...differing[step] }));
}

describe('faultOnTheWay', () => {
  it('finds nothing on a way of root’s, links among it', async () => {
    assert.equal(await way('/usr/bin/test', {}), null);
    const links = {
      '/bin': { link: 'usr/bin', mode: 0o777 },
      '/usr/bin/awk': { link: '/etc/alternatives/awk' },
    };
    assert.equal(await way('/bin/awk', links), null);
  });

  it('names a folder in which others could change the link that leads to a trusted program', async () => {
    const link = { '/srv/check': { link: '/usr/bin/test', mode: 0o777 } };
    assert.equal(
      await way('/srv/check', { ...link, '/srv': { mode: 0o1777 } }),
      '/srv is writable by others than root',
    );
    assert.equal(
      await way('/srv/check', { '/srv/check': { link: '/usr/bin/test', uid: 1000 } }),
      '/srv/check belongs to uid 1000, not to root',
    );
  });

  it('names what is wrong behind a link, also one that leads back', async () => {
    const links = { '/a/b': { link: '../home/me' }, '/home/me': { uid: 1000 } };
    assert.equal(await way('/a/b/check', links), '/home/me belongs to uid 1000, not to root');
  });

  it('ends with links that lead in a circle', async () => {
    assert.equal(
      await way('/a', { '/a': { link: '/b' }, '/b': { link: '/a' } }),
      '/a leads by too many links',
    );
  });
});

describe('judgeTrustedProgram', () => {
  it('judges the file where it is, too', async () => {
    const decision = await judgeTrustedProgram('/usr/bin');
    assert.ok(!decision.trusted);
    assert.match(decision.reason, /not a regular file/);
  });

  it('rejects for a program that is not there', async () => {
    await assert.rejects(judgeTrustedProgram('/nonexistent/x'), { code: 'ENOENT' });
  });
});

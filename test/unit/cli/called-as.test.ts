import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { calledAs } from '../../../src/cli/called-as.js';

const nearby = (path: string): string => path.replace('/home/op/lvsd/', '');

describe('calledAs', () => {
  it('names an installed program by its name', () => {
    assert.equal(calledAs(['/usr/bin/node', '/usr/bin/lvsd'], [], nearby), 'lvsd');
  });

  it('shortens the script of a checkout', () => {
    assert.equal(
      calledAs(['/usr/bin/node', '/home/op/lvsd/dist/lvsd/main.js'], [], nearby),
      'node dist/lvsd/main.js',
    );
  });

  it('keeps interpreter options and a path elsewhere', () => {
    assert.equal(
      calledAs(['node', '/opt/lvsd/main.ts'], ['--import', 'tsx'], () => '../../opt/lvsd/main.ts'),
      'node --import tsx /opt/lvsd/main.ts',
    );
  });
});

/** Tracked checks under the health engine. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkedTrack, lookAtVerdict } from '../../../../../src/daemon/vrrp/tracks/check-track.js';
import type { CheckTrack } from '../../../../../src/model/track.js';
import { HealthRig, shop, tcp } from '../../../../support/health-rig.js';

const track = (name: string, changes: Partial<CheckTrack> = {}): CheckTrack => ({
  kind: 'check',
  instance: 'vi',
  name,
  weight: null,
  check: tcp(),
  target: { family: 4, address: '10.0.0.1', port: 80 },
  ...changes,
});

describe('a tracked check', () => {
  it('shares its probe with a check of a service that asks the same', async () => {
    const rig = new HealthRig();
    rig.runner.configure([shop([tcp()]), checkedTrack(track('shop')), checkedTrack(track('other'))]);
    assert.deepEqual(
      [rig.runner.figures.checks, rig.runner.figures.probes],
      [3, 1],
      'three that count, one that asks',
    );
    const elsewhere = track('blog', { target: { family: 4, address: '10.0.0.1', port: 81 } });
    rig.runner.configure([shop([tcp()]), checkedTrack(track('shop')), checkedTrack(elsewhere)]);
    assert.equal(rig.runner.figures.probes, 2);
    await rig.runner.close();
  });

  it('is known with the first good result, or with as many failures as it needs', async () => {
    const [well, failed] = [
      checkedTrack(track('well')),
      checkedTrack(track('failed', { target: { family: 4, address: '10.0.0.1', port: 81 } })),
    ];
    const rig = new HealthRig();
    rig.behave = (_, port) => (port === 80 ? 'well' : 'refused');
    rig.runner.configure([well, failed]);
    const states = () =>
      [well, failed].map((checked) => {
        const [server] = checked.servers;
        assert.ok(server);
        const verdict = rig.runner.verdict(checked.key, server.key);
        assert.ok(verdict);
        return lookAtVerdict(verdict).state;
      });
    assert.deepEqual(states(), ['unknown', 'unknown']);
    await rig.clock.advanceAsync(1000);
    assert.deepEqual(states(), ['good', 'unknown']);
    await rig.clock.advanceAsync(4000);
    assert.deepEqual(states(), ['good', 'bad']);
    await rig.runner.close();
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InstanceConditions } from '../../../src/ha/instance-conditions.js';

function book(): { readonly conditions: InstanceConditions; readonly told: string[] } {
  const told: string[] = [];
  const conditions = new InstanceConditions({
    fault: (condition) => told.push(`fault ${condition}`),
    clear: (condition) => told.push(`clear ${condition}`),
    weigh: (weight) => told.push(`weigh ${weight}`),
  });
  return { conditions, told };
}

describe('the conditions of an instance', () => {
  it('tell what is new before what is over, and nothing of what stays', () => {
    const { conditions, told } = book();
    conditions.say('tracks', ['a', 'b'], 0);
    conditions.say('tracks', ['b', 'c'], 0);
    conditions.say('tracks', ['b', 'c'], 0);
    assert.deepEqual(told, ['fault a', 'fault b', 'fault c', 'clear a']);
  });

  it('of two who say the same are over when both have taken it back', () => {
    const { conditions, told } = book();
    conditions.say('interface', ['interface eth0 is down'], 0);
    conditions.say('tracked-interfaces', ['interface eth0 is down'], 0);
    conditions.say('interface', [], 0);
    assert.deepEqual(told, ['fault interface eth0 is down']);
    conditions.say('tracked-interfaces', [], 0);
    assert.deepEqual(told.at(-1), 'clear interface eth0 is down');
  });

  it('add their weights up', () => {
    const { conditions, told } = book();
    conditions.say('tracks', [], -20);
    conditions.say('tracked-interfaces', [], -5);
    conditions.say('group', [], -7);
    conditions.say('tracks', [], 0);
    assert.deepEqual(told, ['weigh -20', 'weigh -25', 'weigh -32', 'weigh -12']);
    assert.equal(conditions.ownWeight, -5);
  });

  it('are its own but for those of its group and those that all have', () => {
    const { conditions } = book();
    assert.equal(conditions.say('director', ['d'], 0), false);
    assert.equal(conditions.say('group', ['g'], 0), false);
    assert.equal(conditions.say('tracks', ['t'], 0), true);
    assert.equal(conditions.say('tracks', ['t'], 0), false);
    assert.equal(conditions.say('interface', ['i'], 0), true);
    assert.deepEqual(conditions.own, ['i', 't']);
  });
});

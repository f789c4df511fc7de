import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PlanStep } from '../../../src/api/protocol.js';
import { planSummary, planView, reloadSummary } from '../../../src/cli/plan-view.js';

function step(kind: string, overrides: Partial<PlanStep> = {}): PlanStep {
  return { kind, phase: 1, service: 'shop', server: null, detail: '', liveConnections: 0, ...overrides };
}

const steps = [
  step('create-service', { service: 'dns', detail: 'udp 192.0.2.10:53, rr' }),
  step('edit-server', { server: 'a', phase: 2, detail: 'weight 1 -> 3', liveConnections: 12 }),
  step('delete-server', { server: 'b', phase: 3, liveConnections: 7 }),
];

describe('planView', () => {
  it('shows a line a step with its sign and the connections that it touches', () => {
    assert.deepEqual(planView(steps, false), [
      '   STEP            SERVICE  SERVER  CONNS  DETAIL',
      '+  create service  dns                     udp 192.0.2.10:53, rr',
      '~  edit server     shop     a          12  weight 1 -> 3',
      '-  delete server   shop     b           7',
    ]);
  });

  it('is empty without steps', () => assert.deepEqual(planView([], false), []));
});

describe('planSummary', () => {
  it('counts what will be done', () => {
    assert.equal(
      planSummary(steps, 'future'),
      'Plan: 1 to create, 1 to edit, 1 to delete. 7 connections (open or remembered) on deleted servers.',
    );
  });

  it('counts what was done', () => {
    assert.equal(planSummary(steps.slice(0, 1), 'past'), 'Applied: 1 created, 0 edited, 0 deleted.');
  });

  it('says that nothing changes', () => {
    assert.equal(planSummary([], 'future'), 'No changes: the table is as the file says.');
    assert.equal(planSummary([], 'past'), 'No changes.');
  });
});

describe('reloadSummary', () => {
  const answer = { ok: true, revision: 2, steps: [], changes: [], failures: [], warnings: [] } as const;

  it('tells what was done and the revision', () => {
    assert.equal(reloadSummary(answer), 'No changes. Configuration revision 2.');
  });

  it('reads well when something fails though nothing was to be done', () => {
    assert.equal(
      reloadSummary({ ...answer, failures: ['store last-good.json: EACCES'] }),
      'No changes. 1 failure, named below. Configuration revision 2.',
    );
  });

  it('says what changed beside the table', () => {
    const changes = ['notice syslog added', 'director.health changed'];
    assert.equal(
      reloadSummary({ ...answer, steps: [], changes }),
      'No changes of the table. Beside it: notice syslog added, director.health changed. Configuration revision 2.',
    );
  });

  it('says that failed steps are tried again', () => {
    assert.equal(
      reloadSummary({ ...answer, steps: steps.slice(0, 1), failures: ['a', 'b'] }),
      'Applied: 1 created, 0 edited, 0 deleted. 2 failures, named below; failed steps are tried again. ' +
        'Configuration revision 2.',
    );
  });
});

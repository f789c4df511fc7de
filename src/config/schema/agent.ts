/** `agent` of a service: what its servers say of their load, and how much of it counts. */
import { z } from 'zod';
import { AGENT_POWERS } from '../../model/agent.js';
import { bytesToSend } from './checks/bytes.js';
import { source } from './checks/source.js';
import { choice, duration, integer, percent } from './fields.js';

const HIGHEST_PERCENT = 1000;
const MOST_SMOOTHING_PERCENT = 95;

export const agentSchema = z
  .strictObject({
    port: integer(1, 65_535).describe('Port of the agents on the servers (lvsd agent --listen).'),
    send: bytesToSend()
      .optional()
      .describe('Sent when the connection is there; escapes as in checks. Default: nothing. Shown nowhere.'),
    interval: duration({ lowMs: 50, highMs: 3_600_000 })
      .prefault('2s')
      .describe('Time from the start of one question to the next, 50ms..1h. Default: 2s.'),
    timeout: duration({ lowMs: 10, highMs: 600_000 })
      .prefault('1s')
      .describe('An agent without an answer by then is silent, 10ms..10m. Default: 1s.'),
    jitter: percent(50)
      .prefault('10%')
      .describe('Each interval is shortened at random by up to this share, 0%..50%. Default: 10%.'),
    ...source,
    min: percent(100)
      .prefault('10%')
      .describe('Least share of the configured weight that an agent can bring about. Default: 10%.'),
    max: percent(HIGHEST_PERCENT)
      .prefault('100%')
      .describe(
        'Largest share of the configured weight that an agent can bring about, to 1000%. Default: 100%.',
      ),
    allow: z
      .array(choice(AGENT_POWERS))
      .min(1)
      .default(['weight'])
      .describe('What of its answers counts: weight, drain, maint, down. Default: [weight].'),
    smoothing: percent(MOST_SMOOTHING_PERCENT)
      .prefault('50%')
      .describe('How much of the share before stays in the next one, 0%..95%. Default: 50%.'),
    step: percent(HIGHEST_PERCENT)
      .prefault('25%')
      .describe('One answer changes the share by no more than this, at least 1%. Default: 25%.'),
  })
  .describe(
    "A program on each server that says how much of its weight it can take (HAProxy's agent protocol).",
  );

export type AgentConfig = z.output<typeof agentSchema>;

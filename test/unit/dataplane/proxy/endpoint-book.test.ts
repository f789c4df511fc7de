import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { EndpointBook } from '../../../../src/dataplane/proxy/endpoint-book.js';
import type { Endpoint } from '../../../../src/dataplane/proxy/endpoints.js';
import type { Engine, FlowScheduler } from '../../../../src/dataplane/proxy/engine.js';
import { serviceKey } from '../../../../src/model/keys.js';

const address = { kind: 'address', family: 4, address: '192.0.2.1', port: 80, protocol: 'tcp' } as const;
const endpoint: Endpoint = { ...address, key: 'tcp:192.0.2.1:80' };

/** A service that is known by its port alone and never asked for a server. */
function claimant(port: number): FlowScheduler {
  return {
    key: serviceKey({ ...address, port }, `web-${port}`),
    onePacket: false,
    openConnection: () => null,
    openSession: () => null,
    chooseForDatagram: () => null,
    openReplyPath: () => assert.fail('no datagrams here'),
    turnedAway: () => undefined,
  };
}

describe('EndpointBook', () => {
  const [first, second, third] = [claimant(1), claimant(2), claimant(3)] as const;
  let book: EndpointBook;
  /** Whom the open listener asks; null = it is closed. */
  let door: FlowScheduler | null;
  let opened: number;

  beforeEach(async () => {
    door = null;
    opened = 0;
    const engine: Engine = {
      listen: (_endpoint, scheduler) => {
        door = scheduler;
        opened++;
        return Promise.resolve({
          close: () => {
            door = null;
            return Promise.resolve();
          },
        });
      },
      configure: () => undefined,
      close: () => undefined,
    };
    book = new EndpointBook(engine);
    for (const each of [first, second, third]) await book.take(endpoint, each);
  });

  const asked = () => door?.key ?? null;
  const letGo = (scheduler: FlowScheduler): Promise<void> => book.letGo(endpoint.key, scheduler);

  it('gives one listener to each claimant in turn, and closes it after the last', async () => {
    assert.equal(asked(), first.key);
    await letGo(first);
    assert.equal(asked(), second.key);
    await letGo(second);
    assert.equal(asked(), third.key);
    await letGo(third);
    assert.equal(asked(), null);
    assert.equal(opened, 1);
  });

  it('keeps the others in line when one who waits gives up', async () => {
    await letGo(third);
    assert.equal(asked(), first.key);
    await letGo(first);
    assert.equal(asked(), second.key);
  });

  it('skips who gave up', async () => {
    await letGo(second);
    await letGo(first);
    assert.equal(asked(), third.key);
  });

  it('is not the next of itself when it asks twice', async () => {
    await book.take(endpoint, first);
    for (const each of [second, third, first]) await letGo(each);
    assert.equal(asked(), null);
  });
});

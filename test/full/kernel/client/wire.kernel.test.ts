import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as ids from '../../../../native/ipvs/constants.js';
import { AF_INET } from '../../../../native/inet/family.js';
import { keyOf, tcpService, withIpvsClient } from '../../../kernel/support/ipvs-client.js';
import { RawConnection, text, u16, u32, u8, without } from './support/raw-request.js';
import type { RawAttributes } from './support/raw-request.js';

const { IPVS_CMD_ATTR_SERVICE: SERVICE, IPVS_CMD_ATTR_DEST: DEST, IPVS_CMD_ATTR_DAEMON: DAEMON } = ids;

const serviceKey: RawAttributes = {
  [ids.IPVS_SVC_ATTR_AF]: u16(AF_INET),
  [ids.IPVS_SVC_ATTR_PROTOCOL]: u16(6),
  [ids.IPVS_SVC_ATTR_ADDR]: Uint8Array.of(192, 0, 2, 1),
  [ids.IPVS_SVC_ATTR_PORT]: Uint8Array.of(0, 80),
};
const service: RawAttributes = {
  ...serviceKey,
  [ids.IPVS_SVC_ATTR_SCHED_NAME]: text('rr'),
  [ids.IPVS_SVC_ATTR_FLAGS]: u32(0, 0xffffffff),
  [ids.IPVS_SVC_ATTR_TIMEOUT]: u32(0),
  [ids.IPVS_SVC_ATTR_NETMASK]: Uint8Array.of(255, 255, 255, 255),
};
const serverKey: RawAttributes = {
  [ids.IPVS_DEST_ATTR_ADDR]: Uint8Array.of(10, 0, 0, 1),
  [ids.IPVS_DEST_ATTR_PORT]: Uint8Array.of(0, 80),
};
const server: RawAttributes = {
  ...serverKey,
  [ids.IPVS_DEST_ATTR_FWD_METHOD]: u32(0),
  [ids.IPVS_DEST_ATTR_WEIGHT]: u32(1),
  [ids.IPVS_DEST_ATTR_U_THRESH]: u32(0),
  [ids.IPVS_DEST_ATTR_L_THRESH]: u32(0),
};
const daemon: RawAttributes = {
  [ids.IPVS_DAEMON_ATTR_STATE]: u32(1),
  [ids.IPVS_DAEMON_ATTR_MCAST_IFN]: text('lo'),
  [ids.IPVS_DAEMON_ATTR_SYNC_ID]: u32(1),
};

const keyIds = [
  ids.IPVS_SVC_ATTR_AF,
  ids.IPVS_SVC_ATTR_PROTOCOL,
  ids.IPVS_SVC_ATTR_ADDR,
  ids.IPVS_SVC_ATTR_PORT,
];
const settingIds = [
  ids.IPVS_SVC_ATTR_SCHED_NAME,
  ids.IPVS_SVC_ATTR_FLAGS,
  ids.IPVS_SVC_ATTR_TIMEOUT,
  ids.IPVS_SVC_ATTR_NETMASK,
];

/** Gives `body` a table with the service and the server above. */
async function withTable(body: (raw: RawConnection) => void): Promise<void> {
  await withIpvsClient(() => {
    const raw = new RawConnection();
    try {
      assert.equal(raw.request(ids.IPVS_CMD_NEW_SERVICE, { [SERVICE]: service }), 'done');
      assert.equal(raw.request(ids.IPVS_CMD_NEW_DEST, { [SERVICE]: serviceKey, [DEST]: server }), 'done');
      body(raw);
    } finally {
      raw.close();
    }
  });
}

const serviceCommands = {
  NEW_SERVICE: ids.IPVS_CMD_NEW_SERVICE,
  SET_SERVICE: ids.IPVS_CMD_SET_SERVICE,
  DEL_SERVICE: ids.IPVS_CMD_DEL_SERVICE,
  GET_SERVICE: ids.IPVS_CMD_GET_SERVICE,
  NEW_DEST: ids.IPVS_CMD_NEW_DEST,
  SET_DEST: ids.IPVS_CMD_SET_DEST,
  DEL_DEST: ids.IPVS_CMD_DEL_DEST,
  ZERO: ids.IPVS_CMD_ZERO,
} as const;

describe('the kernel wants, of a service,', () => {
  for (const [name, command] of Object.entries(serviceCommands)) {
    it(`the nest for ${name}`, () =>
      withTable((raw) => {
        // without one, ZERO is for all
        const expected = command === ids.IPVS_CMD_ZERO ? 'done' : 'EINVAL';
        assert.equal(raw.request(command, {}), expected);
        assert.equal(raw.request(command, { [SERVICE]: {} }), 'EINVAL');
      }));

    it(`each attribute of its key for ${name}`, () =>
      withTable((raw) => {
        for (const id of keyIds) {
          const attributes = { [SERVICE]: without(service, id), [DEST]: server };
          assert.equal(raw.request(command, attributes), 'EINVAL', `without ${id}`);
        }
      }));

    it(`a family that it has for ${name}`, () =>
      withTable((raw) => {
        for (const family of [0, 1, 7, 11, 65535]) {
          const attributes = {
            [SERVICE]: { ...service, [ids.IPVS_SVC_ATTR_AF]: u16(family) },
            [DEST]: server,
          };
          assert.equal(raw.request(command, attributes), 'EAFNOSUPPORT', `family ${family}`);
        }
      }));

    it(`attributes of their size for ${name}`, () =>
      withTable((raw) => {
        for (const id of keyIds) {
          const attributes = { [SERVICE]: { ...service, [id]: u8(0) }, [DEST]: server };
          // an address may be of any size up to 16 bytes, so that one is another service
          if (id === ids.IPVS_SVC_ATTR_ADDR) continue;
          assert.equal(raw.request(command, attributes), 'EINVAL', `a short ${id}`);
        }
        const long = { ...service, [ids.IPVS_SVC_ATTR_ADDR]: new Uint8Array(17) };
        assert.equal(raw.request(command, { [SERVICE]: long, [DEST]: server }), 'EINVAL', 'a long address');
      }));
  }

  for (const name of ['NEW_SERVICE', 'SET_SERVICE'] as const) {
    it(`each of its settings for ${name}`, () =>
      withTable((raw) => {
        for (const id of settingIds) {
          assert.equal(
            raw.request(serviceCommands[name], { [SERVICE]: without(service, id) }),
            'EINVAL',
            `without ${id}`,
          );
        }
        assert.equal(raw.request(serviceCommands[name], { [SERVICE]: serviceKey }), 'EINVAL');
      }));
  }

  it('an IPv4 address in four bytes or in sixteen, which are one and the same', () =>
    withTable((raw) => {
      const padded = new Uint8Array(16);
      padded.set([192, 0, 2, 1]);
      const same = { ...service, [ids.IPVS_SVC_ATTR_ADDR]: padded };
      assert.equal(raw.request(ids.IPVS_CMD_NEW_SERVICE, { [SERVICE]: same }), 'EEXIST');
      assert.equal(raw.request(ids.IPVS_CMD_SET_SERVICE, { [SERVICE]: same }), 'done');
    }));
});

describe('the kernel wants, of a destination,', () => {
  const commands = {
    NEW_DEST: ids.IPVS_CMD_NEW_DEST,
    SET_DEST: ids.IPVS_CMD_SET_DEST,
    DEL_DEST: ids.IPVS_CMD_DEL_DEST,
  };
  for (const [name, command] of Object.entries(commands)) {
    it(`the nest and each attribute of its key for ${name}`, () =>
      withTable((raw) => {
        assert.equal(raw.request(command, { [SERVICE]: serviceKey }), 'EINVAL');
        assert.equal(raw.request(command, { [SERVICE]: serviceKey, [DEST]: {} }), 'EINVAL');
        for (const id of [ids.IPVS_DEST_ATTR_ADDR, ids.IPVS_DEST_ATTR_PORT]) {
          const attributes = { [SERVICE]: serviceKey, [DEST]: without(server, id) };
          assert.equal(raw.request(command, attributes), 'EINVAL', `without ${id}`);
        }
      }));

    it(`a family that it has for ${name}`, () =>
      withTable((raw) => {
        const of = (family: number): string =>
          raw.request(command, {
            [SERVICE]: serviceKey,
            [DEST]: { ...server, [ids.IPVS_DEST_ATTR_ADDR_FAMILY]: u16(family) },
          });
        assert.equal(of(1), 'EAFNOSUPPORT');
        assert.equal(of(65535), 'EAFNOSUPPORT');
        // the service's own, whether said or not
        assert.equal(of(0), name === 'NEW_DEST' ? 'EEXIST' : 'done');
      }));
  }

  for (const name of ['NEW_DEST', 'SET_DEST'] as const) {
    it(`each of its settings for ${name}`, () =>
      withTable((raw) => {
        for (const id of [
          ids.IPVS_DEST_ATTR_FWD_METHOD,
          ids.IPVS_DEST_ATTR_WEIGHT,
          ids.IPVS_DEST_ATTR_U_THRESH,
          ids.IPVS_DEST_ATTR_L_THRESH,
        ]) {
          const attributes = { [SERVICE]: serviceKey, [DEST]: without(server, id) };
          assert.equal(raw.request(commands[name], attributes), 'EINVAL', `without ${id}`);
        }
      }));
  }
});

describe('the kernel wants, of a sync daemon,', () => {
  it('each attribute that has no default to start it', () =>
    withTable((raw) => {
      assert.equal(raw.request(ids.IPVS_CMD_NEW_DAEMON, {}), 'EINVAL');
      for (const id of [1, 2, 3]) {
        assert.equal(raw.request(ids.IPVS_CMD_NEW_DAEMON, { [DAEMON]: without(daemon, id) }), 'EINVAL');
      }
    }));

  it('one role of the two', () =>
    withTable((raw) => {
      for (const state of [0, 3, 0xffffffff]) {
        const attributes = { [DAEMON]: { ...daemon, [ids.IPVS_DAEMON_ATTR_STATE]: u32(state) } };
        assert.equal(raw.request(ids.IPVS_CMD_NEW_DAEMON, attributes), 'EINVAL', `start ${state}`);
      }
    }));

  it('the role, and a known one, to stop it', () =>
    withTable((raw) => {
      assert.equal(raw.request(ids.IPVS_CMD_DEL_DAEMON, {}), 'EINVAL');
      assert.equal(raw.request(ids.IPVS_CMD_DEL_DAEMON, { [DAEMON]: {} }), 'EINVAL');
      const third = { [DAEMON]: { [ids.IPVS_DAEMON_ATTR_STATE]: u32(3) } };
      assert.equal(raw.request(ids.IPVS_CMD_DEL_DAEMON, third), 'EINVAL');
      const master = { [DAEMON]: { [ids.IPVS_DAEMON_ATTR_STATE]: u32(1) } };
      assert.equal(raw.request(ids.IPVS_CMD_DEL_DAEMON, master), 'ESRCH');
    }));
});

describe('the kernel answers', () => {
  it('EOPNOTSUPP to a command that it does not have, or not in that form', () =>
    withTable((raw) => {
      for (const command of [0, ids.IPVS_CMD_SET_INFO, 18, 255]) {
        assert.equal(raw.request(command, {}), 'EOPNOTSUPP', `command ${command}`);
      }
      for (const command of [ids.IPVS_CMD_GET_DEST, ids.IPVS_CMD_GET_DAEMON]) {
        assert.equal(raw.request(command, { [SERVICE]: serviceKey }), 'EOPNOTSUPP', `${command}, no dump`);
      }
      for (const command of [ids.IPVS_CMD_GET_CONFIG, ids.IPVS_CMD_GET_INFO, ids.IPVS_CMD_FLUSH]) {
        assert.equal(raw.dump(command, {}), 'EOPNOTSUPP', `dump ${command}`);
      }
    }));

  it('ENOENT to a family that is not there', () =>
    withTable((raw) => assert.equal(raw.request(ids.IPVS_CMD_GET_INFO, {}, 0x3ff), 'ENOENT')));

  it('ERANGE to a timeout that is too short for one, and nothing at all to none', () =>
    withTable((raw) => {
      const short = { [ids.IPVS_CMD_ATTR_TIMEOUT_TCP]: u16(60) };
      assert.equal(raw.request(ids.IPVS_CMD_SET_CONFIG, short), 'ERANGE');
      assert.equal(raw.request(ids.IPVS_CMD_SET_CONFIG, {}), 'done');
    }));

  it('with an empty list to a question about destinations that names no service', () =>
    withTable((raw) => {
      assert.equal(raw.dump(ids.IPVS_CMD_GET_DEST, { [SERVICE]: serviceKey }), '1 entries');
      for (const attributes of [
        {},
        { [SERVICE]: {} },
        { [SERVICE]: { ...serviceKey, [ids.IPVS_SVC_ATTR_PORT]: u16(0) } },
        { [SERVICE]: { ...serviceKey, [ids.IPVS_SVC_ATTR_AF]: u16(99) } },
      ]) {
        assert.equal(raw.dump(ids.IPVS_CMD_GET_DEST, attributes), 'done');
      }
    }));

  it('to attributes that it does not know as if they were not there', () =>
    withTable((raw) => {
      const more = { ...server, 99: text('of a later kernel') };
      assert.equal(raw.request(ids.IPVS_CMD_SET_DEST, { [SERVICE]: serviceKey, [DEST]: more }), 'done');
    }));

  it('to the mark 0 with the service of no address, which is why the client refuses it', () =>
    withIpvsClient((client) => {
      const raw = new RawConnection();
      const marked = {
        ...without(without(without(service, 2), 3), 4),
        [ids.IPVS_SVC_ATTR_FWMARK]: u32(0),
      };
      try {
        assert.equal(raw.request(ids.IPVS_CMD_NEW_SERVICE, { [SERVICE]: marked }), 'done');
        assert.deepEqual(keyOf(client.services()[0]!), keyOf(tcpService('0.0.0.0', 0)));
      } finally {
        raw.close();
      }
    }));

  it('to a persistence timeout with what its ticks hold, which is why the client refuses a long one', () =>
    withIpvsClient((client) => {
      const raw = new RawConnection();
      const timeoutOf = (timeoutSec: number): number => {
        client.run({ command: 'flush' });
        const lasting = { ...service, [ids.IPVS_SVC_ATTR_TIMEOUT]: u32(timeoutSec) };
        assert.equal(raw.request(ids.IPVS_CMD_NEW_SERVICE, { [SERVICE]: lasting }), 'done');
        return client.services()[0]!.timeoutSec;
      };
      try {
        assert.equal(timeoutOf(4_000_000), 4_000_000);
        assert.notEqual(timeoutOf(0xffffffff), 0xffffffff);
        assert.ok(timeoutOf(4_294_968 * 10) < 4_000_000);
      } finally {
        raw.close();
      }
    }));

  it('to flags with a change of those that the mask names', () =>
    withIpvsClient((client) => {
      const raw = new RawConnection();
      const flagged = (flags: number, mask: number): RawAttributes => ({
        [SERVICE]: { ...service, [ids.IPVS_SVC_ATTR_FLAGS]: u32(flags, mask) },
      });
      try {
        raw.request(ids.IPVS_CMD_NEW_SERVICE, flagged(0xff, ids.IP_VS_SVC_F_SCHED1));
        const flags = (): number => client.services()[0]!.flags & ~ids.IP_VS_SVC_F_HASHED;
        assert.equal(flags(), ids.IP_VS_SVC_F_SCHED1);
        raw.request(ids.IPVS_CMD_SET_SERVICE, flagged(ids.IP_VS_SVC_F_SCHED2, ids.IP_VS_SVC_F_SCHED2));
        assert.equal(flags(), ids.IP_VS_SVC_F_SCHED1 | ids.IP_VS_SVC_F_SCHED2);
        client.run({ command: 'edit-service', service: tcpService('192.0.2.1', 80) });
        assert.equal(flags(), 0, 'an edit of the client replaces them all');
      } finally {
        raw.close();
      }
    }));
});

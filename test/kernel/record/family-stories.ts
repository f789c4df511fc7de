import assert from 'node:assert/strict';
import { CTRL_CMD_GETFAMILY, GENL_ID_CTRL } from '../../../native/genetlink/family.js';
import { attribute, text, u16, u32 } from '../../support/scripted-messages.js';
import type { Story } from './story.js';

const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;
const ask = { type: GENL_ID_CTRL, command: CTRL_CMD_GETFAMILY };

export const familyStories: readonly Story[] = [
  {
    name: 'families',
    about: 'Families by name: IPVS, one that is not there, and questions that the kernel refuses.',
    tell: ({ client, order }) => {
      const name = (value: string): Uint8Array => attribute(CTRL_ATTR_FAMILY_NAME, text(value));
      assert.equal(order({ ...ask, attributes: [name('IPVS')] }), 'ok');
      assert.equal(order({ ...ask, attributes: [name('lvsd-nothing')] }), 'ENOENT');
      assert.match(order({ ...ask, attributes: [name('a-name-of-16-let')] }), /^E[A-Z]+, /);
      assert.match(order({ ...ask, attributes: [attribute(CTRL_ATTR_FAMILY_NAME, u32(0x41414141))] }), /^E/);
      assert.match(order({ ...ask, attributes: [attribute(CTRL_ATTR_FAMILY_ID, u16(0x3ff))] }), /^ENOENT/);
      assert.match(order({ ...ask, attributes: [attribute(CTRL_ATTR_FAMILY_ID, new Uint8Array(1))] }), /^E/);
      assert.match(order({ ...ask }), /^EINVAL/);
      assert.match(order({ ...ask, command: 99 }), /^EOPNOTSUPP/);
      assert.deepEqual(client.services(), []);
    },
  },
];

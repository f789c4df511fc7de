/** docs/notices.md: its events are those that there are, its keys those of the schema, its JSON what is sent. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configSchema } from '../src/config/schema/config.js';
import { keysOf } from '../src/config/schema/walk.js';
import { EVENT_TYPES } from '../src/model/event.js';
import { DEFAULT_EVENTS, NOTICE_PLACEHOLDERS } from '../src/model/notice.js';
import { bodyOf } from '../src/notices/content.js';
import { readMarkdown, tableRows } from './support/markdown.js';
import { occurrence } from './unit/notices/events.js';

const page = readMarkdown('docs/notices.md');
const rows = tableRows(page);

describe('docs/notices.md', () => {
  it('has every event, in order, and whether it is told by default', () => {
    const start = rows.findIndex(([first]) => first === 'event');
    const documented = rows
      .slice(start + 1)
      .map(([name = '', isDefault]) => [name.replaceAll('`', ''), isDefault === 'yes']);
    assert.deepEqual(
      documented,
      EVENT_TYPES.map((type) => [type, DEFAULT_EVENTS.includes(type)]),
    );
  });

  it('has every key', () => {
    const keys = keysOf(configSchema).filter(({ path }) => path.startsWith('notices[].'));
    assert.ok(keys.length > 20);
    const cells = rows.map(([first = '']) => first).join(' ');
    for (const { name } of keys) assert.ok(cells.includes(`\`${name}\``), name);
  });

  it('has every placeholder, as a word and as a variable', () => {
    for (const name of NOTICE_PLACEHOLDERS) {
      assert.ok(page.text.includes(`\`{${name}}\``), name);
      assert.ok(page.text.includes(`\`LVSD_${name.toUpperCase()}\``), name);
    }
  });

  it('shows the fields that are sent', () => {
    const shown = page.blocks.find(({ language }) => language === 'json');
    const sent = bodyOf(occurrence(1), { director: 'a', startedAtMs: 0 }, 'n', 0);
    assert.deepEqual(Object.keys(JSON.parse(shown?.text ?? '{}') as object), Object.keys(sent));
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatAgentAnswer, readAgentAnswer } from '../../../src/health/agent-answer.js';

/** `share admin operation note`, a dash for what is not said. */
function read(text: string): string {
  const answer = readAgentAnswer(text);
  if ('fault' in answer) return answer.fault;
  const { share, admin, operation, note } = answer;
  return [share ?? '-', admin ?? '-', operation ?? '-', note].join(' ').trim();
}

describe('readAgentAnswer', () => {
  const table: readonly [name: string, line: string, said: string][] = [
    ['a percentage', '75%\n', '0.75 - -'],
    ['more than all', '150%\n', '1.5 - -'],
    ['nothing of the weight', '0%\n', '0 - -'],
    ['a line that ends with the connection', '75%', '0.75 - -'],
    ['a line that ends with CR', '75%\rgarbage', '0.75 - -'],
    ['the first of several lines', 'up\ndown\n', '- - up'],
    ['words between spaces, tabs and commas', ' ready,\t75% , up\r\n', '0.75 ready up'],
    ['letters of both cases', 'READY Up 75%\n', '0.75 ready up'],
    ['every word for down', 'down\n', '- - down'],
    ['fail', 'fail\n', '- - down'],
    ['failed', 'failed\n', '- - down'],
    ['stopped', 'stopped\n', '- - down'],
    ['maint', 'maint\n', '- maint -'],
    ['drain', 'drain 50%\n', '0.5 drain -'],
    ['a note', 'down # disk full, 99%\n', '- - down disk full, 99%'],
    ['a note without a space', 'down#disk full\n', '- - down disk full'],
    ['connections, which are left alone', 'maxconn:30 50%\n', '0.5 - -'],
    ['the last of words that contradict one another', 'up 10% down 20%\n', '0.2 - down'],
    ['an empty line', '\n', 'an empty answer'],
    ['nothing', '', 'an empty answer'],
    ['a note alone', '# hello\n', 'an empty answer'],
    [
      'a word of another protocol',
      'HTTP/1.1 400 Bad Request\r\n',
      'the word "HTTP/1.1" is none of the protocol',
    ],
    ['a percentage below zero', '-5%\n', 'the word "-5%" is none of the protocol'],
    ['a broken one', '12.5%\n', 'the word "12.5%" is none of the protocol'],
    ['a number alone', '75\n', 'the word "75" is none of the protocol'],
    ['a huge one', '99999999%\n', 'the word "99999999%" is none of the protocol'],
    ['good words beside a bad one', '75% banana\n', 'the word "banana" is none of the protocol'],
  ];
  for (const [name, line, said] of table) it(`reads ${name}`, () => assert.equal(read(line), said));
});

describe('formatAgentAnswer', () => {
  it('names what is wanted before the share', () => {
    const answer = readAgentAnswer('drain 100%');
    assert.ok(!('fault' in answer));
    assert.equal(formatAgentAnswer(answer), 'drain 100%');
  });

  it('says what was said and no more', () => {
    assert.equal(
      formatAgentAnswer({ share: 0.5, admin: 'drain', operation: null, note: 'backup' }),
      'drain 50% (backup)',
    );
    assert.equal(formatAgentAnswer({ share: null, admin: null, operation: null, note: '' }), 'nothing new');
  });
});

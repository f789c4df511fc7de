/** The files of the recordings, read and written. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { formatRecording, parseRecording } from './recording.js';
import type { RecordedCase, Recording } from './recording.js';

/** Asked for by this word in LVSD_RECORD. */
export const recordingAsked = (process.env['LVSD_RECORD'] ?? '').split(',').includes('lvsadm');

function fileOf(subject: string): string {
  return fileURLToPath(new URL(`../../../../golden/lvsadm/${subject}.json`, import.meta.url));
}

export function writeRecording(subject: string, cases: readonly RecordedCase[]): void {
  const version = execFileSync('ipvsadm', ['--version'], { encoding: 'utf8' }).trim();
  const made = {
    command: 'LVSD_RECORD=lvsadm npm run kernel:test -- full/kernel/lvsadm',
    ipvsadm: version,
    kernel: release(),
  };
  writeFileSync(fileOf(subject), formatRecording({ made, cases }));
}

export function readRecording(subject: string): Recording {
  return parseRecording(readFileSync(fileOf(subject), 'utf8'));
}

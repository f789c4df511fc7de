/**
 * The FFI package by its binary alone, for a program whose start is most of its time: the package's own way to it reads four
 * scripts and the header of Node's program. The bundle of lvsadm has this in the place of `koffi` (package.json, build:lvsadm).
 */
import fs = require('node:fs');

type Koffi = (typeof import('koffi', { with: { 'resolution-mode': 'import' } }))['default'];

/** The binary's interface is that of its version. */
const knownVersion = '3.';

/** Null where there might be another C library than the binary's, and on all other machines: there the package chooses. */
function loadPrebuilt(): Koffi | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  if (fs.existsSync('/lib/ld-musl-x86_64.so.1')) return null;
  try {
    const binary = require('@koromix/koffi-linux-x64/linux_x64/koffi.node') as Koffi;
    return binary.version.startsWith(knownVersion) ? binary : null;
  } catch {
    return null;
  }
}

function loadPackage(): Koffi {
  // a plain `require` is what the bundler replaces with this file
  const { createRequire } = require('node:module') as typeof import('node:module');
  return createRequire(__filename)('koffi') as Koffi;
}

export = loadPrebuilt() ?? loadPackage();

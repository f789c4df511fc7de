/**
 * The only file that loads the FFI package: C functions with their C declarations, and nothing that decides.
 *
 * Return values are C's; after -1 `lastErrno()` gives the error number, and only until the next call. Buffers are used
 * during the call alone, except where a header made by `message-header.ts` points at them: who keeps a header keeps them.
 */
import koffi, { type TypeObject } from 'koffi';

/** The process itself: the C library that Node runs on is already there, glibc or musl. */
const library = koffi.load(null);

/** Layouts only: headers are written as bytes, since a struct would be converted on every call. */
const iovec = koffi.struct({ iov_base: 'void *', iov_len: 'size_t' });
const msghdr = koffi.struct({
  msg_name: 'void *',
  msg_namelen: 'uint32_t',
  msg_iov: 'void *',
  msg_iovlen: 'size_t',
  msg_control: 'void *',
  msg_controllen: 'size_t',
  msg_flags: 'int',
});

function layoutOf<Field extends string>(
  type: TypeObject,
  fields: readonly Field[],
): Readonly<Record<Field | 'size', number>> {
  const entries = fields.map((field) => [field, koffi.offsetof(type, field)] as const);
  return Object.fromEntries([...entries, ['size', koffi.sizeof(type)]]) as Record<Field | 'size', number>;
}

/** Bytes of a pointer and of a `size_t`. */
export const pointerBytes = koffi.sizeof('void *');
export const iovecLayout = layoutOf(iovec, ['iov_base', 'iov_len']);
export const msghdrLayout = layoutOf(msghdr, [
  'msg_name',
  'msg_namelen',
  'msg_iov',
  'msg_iovlen',
  'msg_control',
  'msg_controllen',
  'msg_flags',
]);

/** Address of the first byte. The memory of an `ArrayBuffer` does not move; it lives as long as the buffer does. */
export function addressOf(bytes: Uint8Array): bigint {
  return koffi.address(bytes);
}

/** errno of the last call here that returned -1. */
export function lastErrno(): number {
  return koffi.errno();
}

type Int = number;
type Bytes = Uint8Array;

/** @see socket(2) */
export const socket = library.func('int socket(int domain, int type, int protocol)') as unknown as (
  domain: Int,
  type: Int,
  protocol: Int,
) => Int;

/** @see bind(2) */
export const bind = library.func('int bind(int fd, const void *address, uint32_t length)') as unknown as (
  fd: Int,
  address: Bytes,
  length: Int,
) => Int;

/** @see connect(2) */
export const connect = library.func(
  'int connect(int fd, const void *address, uint32_t length)',
) as unknown as (fd: Int, address: Bytes, length: Int) => Int;

/** `length` is a u32 in host order, in and out. @see getsockname(2) */
export const getsockname = library.func(
  'int getsockname(int fd, void *address, void *length)',
) as unknown as (fd: Int, address: Bytes, length: Bytes) => Int;

/** @see setsockopt(2) */
export const setsockopt = library.func(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
) as unknown as (fd: Int, level: Int, name: Int, value: Bytes, length: Int) => Int;

/** `length` is a u32 in host order, in and out. @see getsockopt(2) */
export const getsockopt = library.func(
  'int getsockopt(int fd, int level, int name, void *value, void *length)',
) as unknown as (fd: Int, level: Int, name: Int, value: Bytes, length: Bytes) => Int;

/** `header` is a struct msghdr. @see sendmsg(2) */
export const sendmsg = library.func('intptr_t sendmsg(int fd, const void *header, int flags)') as unknown as (
  fd: Int,
  header: Bytes,
  flags: Int,
) => Int;

/** `header` is a struct msghdr, whose lengths and flags are filled in. @see recvmsg(2) */
export const recvmsg = library.func('intptr_t recvmsg(int fd, void *header, int flags)') as unknown as (
  fd: Int,
  header: Bytes,
  flags: Int,
) => Int;

/** `entries` are struct pollfd: i32 fd, i16 events, i16 revents. @see poll(2) */
export const poll = library.func(
  'int poll(void *entries, unsigned long count, int timeoutMs)',
) as unknown as (entries: Bytes, count: Int, timeoutMs: Int) => Int;

/** @see close(2) */
export const close = library.func('int close(int fd)') as unknown as (fd: Int) => Int;

/** Of a thread, 0 the calling one. `parameter` is struct sched_param: i32 priority. @see sched_setscheduler(2) */
export const schedSetScheduler = library.func(
  'int sched_setscheduler(int thread, int policy, const void *parameter)',
) as unknown as (thread: Int, policy: Int, parameter: Bytes) => Int;

/** Of whole pages. @see mlock(2) */
export const mlock2 = library.func(
  'int mlock2(uintptr_t address, size_t length, unsigned int flags)',
) as unknown as (address: bigint, length: bigint, flags: Int) => Int;

/** Does not return. @see _exit(2) */
export const exitNow = library.func('void _exit(int status)') as unknown as (status: Int) => never;

/** Acts on the calling thread alone. @see unshare(2) */
export const unshare = library.func('int unshare(int flags)') as unknown as (flags: Int) => Int;

/** Acts on the calling thread alone. @see setns(2) */
export const setns = library.func('int setns(int fd, int type)') as unknown as (fd: Int, type: Int) => Int;

/** Nothing else holds a handle, and the collector ends one that nobody holds. */
const watching = new Set<ReturnType<typeof koffi.node.poll>>();

/**
 * Calls back on the event loop while `fd` is readable or has an error to be read, until the returned function is called; the
 * loop stays alive meanwhile. Must be ended before the descriptor is closed. What `onReadable` throws is uncaught.
 */
export function watchReadable(fd: Int, onReadable: () => void): () => void {
  const events = { readable: true };
  // the first argument is libuv's status, though the package declares it otherwise
  const onPoll = (status: unknown): void => {
    try {
      onReadable();
    } catch (error) {
      // thrown from here it would stay pending in the package and bring down the process at the next collection
      queueMicrotask(() => {
        throw error;
      });
    }
    // libuv stops watching at an error such as ENOBUFS, which is no end: reading has cleared it
    if (typeof status === 'number' && status < 0 && watching.has(handle)) handle.start(events, onPoll);
  };
  const handle = koffi.node.poll(fd, events, onPoll);
  watching.add(handle);
  return () => {
    watching.delete(handle);
    handle.close();
  };
}

// Tests transfer(): parts of a value are moved to threads and copied to processes, and a wrong list is refused with the reason.
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { TaskSerializationError } from '../../src/errors.ts';
import { PLAIN, SEPARATE } from '../../src/wire/packer.ts';
import { type Transferable, transfer } from '../../src/wire/transfer.ts';
import { MEDIA, overProcesses, overThreads, PROCESSES, packed, THREADS } from './media.ts';

function bytes(...items: number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(items);
}

describe('transfer', () => {
  it('returns the value itself', () => {
    const value = { data: bytes(1) };
    expect(transfer(value, [value.data.buffer])).toBe(value);
  });

  it('accepts only an object and an array of transferables', () => {
    expect(() => transfer('text', [])).toThrow(TypeError);
    expect(() => transfer(null, [])).toThrow(TypeError);
    expect(() => transfer(() => 1, [])).toThrow('a function');
    expect(() => transfer({}, 'x' as unknown as Transferable[])).toThrow(TypeError);
  });

  it('moves to threads: detached in the program, the same bytes in the worker', () => {
    const data = bytes(1, 2, 3);
    const { form, value } = overThreads(transfer(data, [data.buffer]));
    expect(form).toBe(SEPARATE);
    expect(value).toEqual(bytes(1, 2, 3));
    expect(data.byteLength).toBe(0);
  });

  it('copies to processes: the program keeps its bytes', () => {
    const data = bytes(1, 2, 3);
    const { form, value } = overProcesses([{ deep: transfer(data, [data.buffer]) }]);
    expect(form).toBe(PLAIN);
    expect(value).toEqual([{ deep: bytes(1, 2, 3) }]);
    expect(data).toEqual(bytes(1, 2, 3));
  });

  it('works on a part of an argument, and leaves the rest copied', () => {
    const moved = bytes(1, 2, 3, 4);
    const kept = bytes(5);
    const small = Buffer.from('abc');
    const part = { view: moved.subarray(1, 3), whole: moved, own: Buffer.from(moved.buffer, 2) };
    const value = overThreads(['first', { part: transfer(part, [moved.buffer]), kept, small }]).value as [
      string,
      { part: { view: Uint8Array; whole: Uint8Array; own: Buffer }; kept: Uint8Array; small: Buffer },
    ];
    expect(value[1].part.view).toEqual(bytes(2, 3));
    expect(value[1].part.view.buffer).toBe(value[1].part.whole.buffer);
    expect(Buffer.isBuffer(value[1].part.own)).toBe(true);
    expect(value[1].part.own.buffer).toBe(value[1].part.whole.buffer);
    expect([Buffer.isBuffer(value[1].small), value[1].small.toString(), value[1].small.buffer.byteLength]).toEqual([true, 'abc', 3]);
    expect([moved.byteLength, kept.byteLength, small.byteLength]).toEqual([0, 1, 3]);
  });

  it('moves large buffers, Buffers, ports and streams', async () => {
    const own = Buffer.from(new ArrayBuffer(400_000)).fill(7);
    const copy = overThreads(transfer(own, [own.buffer as ArrayBuffer])).value as Buffer;
    expect([Buffer.isBuffer(copy), copy.byteLength, copy[9], own.byteLength]).toEqual([true, 400_000, 7, 0]);

    const { port1, port2 } = new MessageChannel();
    const arrived = overThreads(transfer({ port: port2 }, [port2])).value as { port: typeof port2 };
    arrived.port.postMessage('through');
    expect(receiveMessageOnPort(port1)).toEqual({ message: 'through' });
    port1.close();

    const stream = new ReadableStream({ start: (controller) => controller.close() });
    const moved = overThreads(transfer([stream], [stream])).value as [ReadableStream];
    expect((await moved[0].getReader().read()).done).toBe(true);
  });

  it('an empty list moves nothing', () => {
    const data = bytes(1);
    expect(overThreads(transfer({ data }, [])).value).toEqual({ data });
    expect(data.byteLength).toBe(1);
  });

  it('the list is read when transfer is called', () => {
    const data = bytes(1);
    const list: Transferable[] = [data.buffer];
    const value = transfer({ data }, list);
    list.length = 0;
    overThreads(value);
    expect(data.byteLength).toBe(0);
  });
});

describe.each(MEDIA)('a list that cannot be moved, %s', (_name, medium) => {
  const faultOf = (value: object, list: readonly unknown[]): string => {
    try {
      packed({ job: transfer(value, list as Transferable[]) }, medium);
    } catch (error) {
      expect(error).toBeInstanceOf(TaskSerializationError);
      return (error as Error).message.replace('argument 1: .job: item ', '');
    }
    return 'none';
  };

  it.each([
    ['a view', () => bytes(1), '1 of its transfer list is a Uint8Array; list its `buffer`'],
    ['a text', () => 'x', '1 of its transfer list is a string, which cannot be moved'],
    ['null', () => null, '1 of its transfer list is null, which cannot be moved'],
    [
      'shared memory',
      () => new SharedArrayBuffer(1),
      '1 of its transfer list is a SharedArrayBuffer, which is shared, not moved; leave it out',
    ],
    ['a Proxy', () => new Proxy(new ArrayBuffer(1), {}), '1 of its transfer list is a Proxy, which cannot be moved'],
    ['a buffer from elsewhere', () => new ArrayBuffer(1), '1 of its transfer list is not part of the value'],
    ['a detached buffer', () => gone(), '1 of its transfer list was moved away before'],
  ])('%s', (_what, make, message) => {
    const data = bytes(1, 2);
    expect(faultOf({ data }, [data.buffer, make()])).toBe(message);
    expect(data.byteLength).toBe(2);
  });

  it('a buffer listed twice', () => {
    const data = bytes(1, 2);
    expect(faultOf({ data }, [data.buffer, data.buffer])).toBe('1 of its transfer list is listed twice');
    expect(faultOf({ data, inner: transfer([data], [data.buffer]) }, [data.buffer])).toContain('is listed twice');
    expect(data.byteLength).toBe(2);
  });

  it("a part of Node's Buffer pool", () => {
    const pooled = Buffer.from('abc');
    expect(faultOf(pooled, [pooled.buffer])).toContain("0 of its transfer list lies in Node's shared Buffer pool");
    expect(pooled.toString()).toBe('abc');
  });

  it('a value whose buffer is detached [F-30]', () => {
    const data = bytes(1);
    structuredClone(data, { transfer: [data.buffer] });
    expect(() => packed({ data }, medium)).toThrow('argument 1: .data is a view of a buffer that was moved away before');
    expect(() => packed([gone()], medium)).toThrow('argument 1: [0] is a buffer that was moved away before');
    const buffer = Buffer.alloc(300_000);
    structuredClone(buffer.buffer, { transfer: [buffer.buffer as ArrayBuffer] });
    expect(() => packed(buffer, medium)).toThrow('argument 1 is a view of a buffer that was moved away before');
  });
});

it('a value that is not a buffer cannot be moved to a process', () => {
  const { port1 } = new MessageChannel();
  expect(() => packed(transfer({ port1 }, [port1]), PROCESSES)).toThrow('.port1 is a MessagePort, which cannot be sent to another process');
  port1.close();
});

it('a stream that is not listed is refused for threads, with advice', () => {
  expect(() => packed({ s: new ReadableStream() }, THREADS)).toThrow(
    'argument 1: .s is a ReadableStream, which can only be moved: list it with transfer(value, [...])',
  );
});

function gone(): ArrayBuffer {
  const buffer = new ArrayBuffer(4);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

/** A small ELF file of 64 bits, little endian, with sections of these names and contents. */
export function elfFile(sections: ReadonlyMap<string, Buffer>): Buffer {
  const names = ['', ...sections.keys(), '.shstrtab'];
  const table = Buffer.from(`${names.join('\0')}\0`);
  const bodies = [Buffer.alloc(0), ...sections.values(), table];
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  const headers: Buffer[] = [];
  let offset = 64;
  let nameAt = 0;
  for (const [i, body] of bodies.entries()) {
    const entry = Buffer.alloc(64);
    if (i > 0) {
      entry.writeUInt32LE(nameAt, 0);
      entry.writeUInt32LE(i === bodies.length - 1 ? 3 : 1, 4);
      entry.writeBigUInt64LE(BigInt(offset), 24);
      entry.writeBigUInt64LE(BigInt(body.length), 32);
    }
    headers.push(entry);
    offset += body.length;
    nameAt += (names[i] as string).length + 1;
  }
  header.writeBigUInt64LE(BigInt(offset), 40);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(bodies.length, 60);
  header.writeUInt16LE(bodies.length - 1, 62);
  return Buffer.concat([header, ...bodies, ...headers]);
}

/** A note by the System V ABI. @param name with its NUL, of four bytes */
export function note(name: string, type: number, content: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(4, 0);
  head.writeUInt32LE(content.length, 4);
  head.writeUInt32LE(type, 8);
  return Buffer.concat([head, Buffer.from(name.padEnd(4, '\0')), content]);
}

import { vaultMemoryBytes } from '@jardam/protocol';

/** Argon2id memory for a vault made on this device, in bytes. 256 MiB kills the tab on small phones; those get the
 *  smaller cost, which the vault records. */
export function memoryBytesHere(): number {
  const small = matchMedia('(pointer: coarse)').matches && Math.min(screen.width, screen.height) < 600;
  return small ? vaultMemoryBytes.phone : vaultMemoryBytes.desktop;
}

import { Global, Module } from '@nestjs/common';
import { loadSodium } from '@jardam/protocol/sodium';

/** Token of the protocol's Primitives; on the server libsodium, loaded once. */
export const PRIMITIVES = Symbol('Primitives');

@Global()
@Module({
  providers: [{ provide: PRIMITIVES, useFactory: loadSodium }],
  exports: [PRIMITIVES],
})
export class CryptoModule {}

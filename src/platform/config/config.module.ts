import { Global, Module, type DynamicModule } from '@nestjs/common';
import { slices, type ServiceConfig, type SliceName } from './slices.js';

/** Hands every module its slice of the configuration under that slice's token. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(config: ServiceConfig): DynamicModule {
    const providers = Object.entries(slices).map(([name, { token }]) => ({
      provide: token,
      useValue: config[name as SliceName],
    }));
    return { module: ConfigModule, providers, exports: providers.map(({ provide }) => provide) };
  }
}

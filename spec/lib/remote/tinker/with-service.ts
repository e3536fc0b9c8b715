import type { Engine } from '#lib/compute/engine/engine.js'
import { orThrow, rightOrThrow } from '#lib/or-throw.js'
import { openServer } from '#lib/remote/http/server.js'
import type { Averaging } from '#lib/remote/tinker/averaging.js'
import { tinkerService, type TinkerService, type TinkerServiceOptions } from '#lib/remote/tinker/service.js'
import { tokenizer } from '../../policy/local/tiny.js'
import { BASE, type Double, type DoubleOptions, lora, startDouble } from './double.js'

export const sums: Averaging = { tokens: 'sum', data: 'sum' }
export const means: Averaging = { tokens: 'weighted-mean', data: 'mean' }

/** The epsilon keeps rounding of gradients near 0 from deciding the direction of a step. */
export const adamw = { beta1: 0.5, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.1 }
export const learningRate = (step: number) => 0.05 / (1 + step)

/** Options of a service that differ; a null averaging is measured. */
export type ServiceOptions = Partial<Omit<TinkerServiceOptions, 'averaging'>> & {
  readonly averaging?: Averaging | null
}

/** Connection to a double, on which services are opened. */
export const openOn = ({ url }: Double, engine: Engine, own: Averaging = means) => {
  // The waits are so short that faults cost no time.
  const server = rightOrThrow(
    openServer({ url, retry: { firstWait: 0.005, longestWait: 0.02 }, breaker: { failures: 1000 } }),
  )
  return {
    open: ({ averaging = own, ...options }: ServiceOptions = {}): Promise<TinkerService> =>
      orThrow(
        tinkerService({
          server,
          baseModel: BASE,
          engine,
          tokenizer,
          learningRate,
          adamw,
          rank: lora.rank,
          seed: 3,
          ...(averaging === null ? {} : { averaging }),
          ...options,
        }),
      ),
    close: () => server.close(),
  }
}

/** Runs a body with a service on a double. The double has the first engine, the service the second. */
export const serviceOn =
  (engine: Engine, own: Engine) =>
  async <A>(
    body: (service: TinkerService, double: Double) => Promise<A>,
    options: Partial<DoubleOptions> = {},
    serviceOptions: ServiceOptions = {},
  ): Promise<A> => {
    const double = await startDouble({ engine, ...options })
    const { open, close } = openOn(double, own, options.averaging ?? sums)
    try {
      const service = await open(serviceOptions)
      return await body(service, double).finally(() => service.close())
    } finally {
      await close()
      await double.close()
    }
  }

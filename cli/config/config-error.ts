import { EntrainError } from '../../lib/error.js'

/** Error of a configuration or a command line: one message per problem. The command exits with code 2. */
export class ConfigError extends EntrainError {
  readonly _tag = 'ConfigError'
  override readonly name = 'ConfigError'
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'))
  }
}

import type { ObservableInput } from 'rxjs'

/** Work that any server of a pool can do: it gives one value. */
export interface Task<S, A> {
  /** Name for messages, such as `step 3, prompt "p7"`. */
  readonly name: string
  readonly call: (server: S) => ObservableInput<A>
}

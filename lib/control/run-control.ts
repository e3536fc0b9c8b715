import { BehaviorSubject, type Observable } from 'rxjs'
import type { Gate } from './gate.js'
import type { RunCommand } from './run-command.js'
import { type Ending, isOver, type RunState } from './run-state.js'
import type { EntropyControl } from './entropy-control.js'

/** Executes the commands of people who watch a run, and publishes its state. */
export interface RunControl {
  /** State of the run; emits the current state on subscription, then each change. */
  readonly state$: Observable<RunState>
  /** Executes a command. @errors RangeError for points that do not form a band, and when the run is stopping, saving or over */
  readonly execute: (command: RunCommand) => void
  /** Records that the training has ended and that the results are being saved. */
  readonly save: () => void
  /** Records that the run has ended. */
  readonly end: (ending: Ending) => void
}

/** Entropy control and gate of one run: the band that it follows, and the gate that pauses it. */
export interface EntropyAndGate {
  readonly entropy: EntropyControl
  readonly gate: Gate
}

/** Parts of a run that {@link runControl} acts on. */
export interface RunControlPorts {
  /** Entropy control that receives overrides of the band. */
  readonly entropy: Pick<EntropyControl, 'steer' | 'release'>
  /** Gate that is held while the run is paused. */
  readonly gate: Pick<Gate, 'hold'>
  /** Ends the run in order, so that its results are written. */
  readonly stop: () => void
}

type Handlers = { readonly [C in RunCommand['command']]: (command: Extract<RunCommand, { command: C }>) => void }

/**
 * Creates the control of one run: it executes all commands from the dashboard, the playground and Ctrl-C.
 *
 *     commands   ---steer---pause---resume---stop---
 *     state$     r--r'------p-------r'-------s------     r: running, r': running with an override, p: paused, s: stopping
 *
 * A resumed run passes the `override` that was in force, as it passes it to its entropy control.
 *
 * @example
 * const control = runControl({ entropy, gate, stop: () => stop$.next() })
 * control.execute({ command: 'pause' })
 */
export const runControl = (
  { entropy, gate, stop }: RunControlPorts,
  override: RunState['override'] = null,
): RunControl => {
  const state$ = new BehaviorSubject<RunState>({ status: 'running', override })
  const change = (changes: Partial<RunState>) => state$.next({ ...state$.value, ...changes })
  let openGate = () => {}
  const handlers: Handlers = {
    steer: ({ points }) => {
      entropy.steer(points)
      change({ override: points })
    },
    release: () => {
      entropy.release()
      change({ override: null })
    },
    pause: () => {
      if (state$.value.status === 'paused') return
      openGate = gate.hold()
      change({ status: 'paused' })
    },
    resume: () => {
      if (state$.value.status !== 'paused') return
      openGate()
      change({ status: 'running' })
    },
    stop: () => {
      change({ status: 'stopping' })
      stop()
    },
  }
  return {
    state$: state$.asObservable(),
    save: () => change({ status: 'saving' }),
    end: (status) => change({ status }),
    execute: (command) => {
      const { status } = state$.value
      if (isOver(state$.value)) throw new RangeError('this run is over')
      if (status === 'saving') throw new RangeError('this run is saving its results')
      if (status === 'stopping' && command.command !== 'stop') throw new RangeError('this run is stopping')
      if (status !== 'stopping') (handlers[command.command] as (command: RunCommand) => void)(command)
    },
  }
}

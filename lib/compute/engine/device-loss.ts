import { PipelineError } from '../../pipeline-error.js'

/** Reason of the loss of a device. */
export interface DeviceLoss {
  readonly message: string
}

/** Fails the tasks of an engine when its GPU device is lost, because a lost device may never answer. */
export class LossGuard {
  /** Rejections of the tasks in progress. */
  readonly #inProgress = new Set<(error: unknown) => void>()
  #loss: PipelineError | undefined

  /** @param lost resolves when the device is lost; undefined for an engine without such a device */
  constructor(private readonly lost?: Promise<DeviceLoss>) {
    void lost?.then(({ message }) => {
      this.#loss = new PipelineError('EngineLost', `the GPU device was lost: ${message}`)
      for (const reject of this.#inProgress) reject(this.#loss)
    })
  }

  /** Runs a task until it ends or the device is lost. @errors PipelineError EngineLost, and the errors of the task */
  async run<A>(task: () => A | Promise<A>): Promise<A> {
    const loss = this.#current()
    if (loss !== undefined) throw loss
    if (this.lost === undefined) return task()
    let rejectTask: (error: unknown) => void = () => undefined
    const failure = new Promise<never>((_, reject) => (rejectTask = reject))
    this.#inProgress.add(rejectTask)
    try {
      return await Promise.race([task(), failure])
    } catch (error) {
      // The failure of a task may be seen before the loss that caused it is reported.
      await new Promise((resolve) => setTimeout(resolve))
      throw this.#current() ?? error
    } finally {
      this.#inProgress.delete(rejectTask)
    }
  }

  /** The loss so far. It may be reported during a task. */
  #current(): PipelineError | undefined {
    return this.#loss
  }
}

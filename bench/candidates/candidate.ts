/** What a candidate needs to know to start. */
export interface Setting {
  /** Address of the scripted upstream, without a path: http://127.0.0.1:PORT */
  upstream: string
  /** A folder of this run for configurations and logs. */
  folder: string
  /** The core that the candidate's processes are kept on, where the machine has more than one. */
  core: number | undefined
  /** Flags for the node that runs MPC-API, such as --cpu-prof. */
  nodeFlags: string[]
}

/** A candidate that answers. */
export interface Running {
  port: number
  /** The root of its process tree; undefined when there is no process of its own. */
  pid: number | undefined
  /** The path under which it serves the API: /v1 */
  base: string
  headers: Record<string, string>
  stop(): Promise<void>
}

export interface Candidate {
  name: string
  /** Rows that it has nothing for, by their names, and why. */
  cannot?: Readonly<Record<string, string>>
  /** Starts it and waits until it answers. Throws an Error whose message says why it cannot, for the table. */
  start(setting: Setting): Promise<Running>
}

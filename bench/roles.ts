import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Another process of this bench, running the role that it was started for. */
export interface Role {
  /** Asks the process something and waits for its answer. */
  ask<Answer>(question: string, details?: object): Promise<Answer>
  end(): Promise<void>
}

type Answers = Record<string, (details: never) => unknown>

const roleName = process.argv.find((argument) => argument.startsWith('--role='))?.slice(7)

export async function startRole(name: string): Promise<Role> {
  const child: ChildProcess = fork(process.argv[1]!, [`--role=${name}`], {
    execArgv: ['--expose-gc'],
  })
  await once(child, 'message')
  return {
    async ask<Answer>(question: string, details: object = {}) {
      child.send({ question, details })
      const [{ answer, error }] = (await once(child, 'message')) as [
        { answer: Answer; error?: string },
      ]
      if (error) throw new Error(error)
      return answer
    },
    async end() {
      child.disconnect()
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

/** Runs the role this process was started for; without one, the bench itself. */
export async function playRoles(
  roles: Record<string, () => Answers | Promise<Answers>>,
  main: () => Promise<void>,
): Promise<void> {
  if (roleName === undefined) return main()
  const answers = await roles[roleName]!()
  process.on('disconnect', () => process.exit(0))
  process.on('message', async ({ question, details }: { question: string; details: never }) => {
    try {
      process.send!({ answer: await answers[question]!(details) })
    } catch (error) {
      process.send!({ error: String(error) })
    }
  })
  process.send!('ready')
}

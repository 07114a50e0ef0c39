import { defineCommand } from 'citty'
import { loadConfig } from '../config.ts'
import { configurationPage, describeConfig, environmentExample } from '../describe-config.ts'
import { readEnvironment } from '../environment.ts'
import { tableOf } from './table.ts'

export const config = defineCommand({
  meta: { name: 'config', description: 'Show every setting, its value and where it came from' },
  args: {
    env: { type: 'boolean', description: 'Print deploy/.env.example instead' },
    markdown: { type: 'boolean', description: 'Print docs/CONFIGURATION.md instead' },
  },
  async run({ args }) {
    if (args.markdown) {
      process.stdout.write(configurationPage())
      return
    }
    if (args.env) {
      process.stdout.write(environmentExample())
      return
    }
    const environment = await readEnvironment('.')
    const rows = describeConfig(environment).map(({ name, value, source, about }) => [
      name,
      value,
      source,
      about.replaceAll('`', '').split(/(?<=\.) /)[0]!,
    ])
    process.stdout.write(tableOf(['Name', 'Value', 'From', 'Meaning'], rows))
    loadConfig(environment.values)
  },
})

import { loadConfig } from '../../src/config/config.js';

/** The configuration that the environment and the text of a .env make. */
export const readConfig = (environment: NodeJS.ProcessEnv, dotenv?: string) =>
  loadConfig(environment, { text: dotenv });

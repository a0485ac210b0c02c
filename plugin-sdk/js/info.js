// What a plugin says of itself, and its settings, whatever else it does.
import { get } from 'hardie:plugin/config@0.1.0';
import { settings } from './config.js';

/** An exception in one line. */
export const explain = (error) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error?.message ?? error));

/** The settings of this call. */
export function configured(plugin) {
  const { problems, config } = settings(plugin.defaults ?? {}, get());
  if (problems.length > 0) throw new Error(`configuration: ${problems.map(({ field, message }) => `${field} ${message}`).join('; ')}`);
  return config;
}

/** The plugin's own look at settings of the right form. */
function validated(plugin, config) {
  try {
    return Array.from(plugin.validate?.(config) ?? [], ({ field, message }) => ({ field: String(field ?? ''), message: String(message) }));
  } catch (error) {
    console.error(error);
    return [{ field: '', message: `the plugin failed over it: ${explain(error)}` }];
  }
}

/** The export `plugin-info`. */
export function pluginInfo(plugin, about) {
  const defaultConfig = JSON.stringify(plugin.defaults ?? {});
  return {
    describe: () => ({ ...about, defaultConfig }),
    validateConfig(text) {
      const { problems, config } = settings(plugin.defaults ?? {}, text);
      const all = problems.length > 0 ? problems : validated(plugin, config);
      if (all.length > 0) throw all;
    },
  };
}

// Joins a plugin's module to the contract: what the server calls is answered here.
import { get } from 'hardie:plugin/config@0.1.0';
import './sealed.js';
import { settings } from './config.js';
import { Push } from './push.js';
import { Repository } from './repository.js';

const explain = (error) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error?.message ?? error));

/** The plugin's own look at settings of the right form. */
function validated(plugin, config) {
  try {
    return Array.from(plugin.validate?.(config) ?? [], ({ field, message }) => ({ field: String(field ?? ''), message: String(message) }));
  } catch (error) {
    console.error(error);
    return [{ field: '', message: `the plugin failed over it: ${explain(error)}` }];
  }
}

function judged(plugin, wirePush, wireRepository) {
  const { problems, config } = settings(plugin.defaults ?? {}, get());
  if (problems.length > 0) throw new Error(`configuration: ${problems.map(({ field, message }) => `${field} ${message}`).join('; ')}`);
  const push = new Push(wirePush);
  const answer = plugin.check(config, push, new Repository(wireRepository));
  if (typeof answer?.then === 'function') throw new Error('check must not be async: nothing here is worth waiting for');
  return push.updates.map((update) => update.verdict());
}

/** The exports of the world `policy`. */
export function policy(plugin, about) {
  if (typeof plugin.check !== 'function') throw new TypeError('src/plugin.js exports no function `check`');
  const defaultConfig = JSON.stringify(plugin.defaults ?? {});
  return {
    pluginInfo: {
      describe: () => ({ ...about, defaultConfig }),
      validateConfig(text) {
        const { problems, config } = settings(plugin.defaults ?? {}, text);
        const all = problems.length > 0 ? problems : validated(plugin, config);
        if (all.length > 0) throw all;
      },
    },
    pushPolicy: {
      check(push, repository) {
        try {
          return judged(plugin, push, repository);
        } catch (error) {
          console.error(error);
          throw { message: explain(error) };
        }
      },
    },
  };
}

import { openStore } from '../../src/store/open-store.ts';
import { newStudy } from './new-study.ts';

/** A process that opens the store of its first argument and begins the study of its second. */
const [, , location = '', name = ''] = process.argv;
const store = await openStore(location, { access: 'create' });
const { id } = await store.createStudy({ ...newStudy, name });
await store.log(id, 'created');
await store.close();

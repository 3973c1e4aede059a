import pg from 'pg';

/** Holds the lock of bench_lock's only row until the process is killed; says so when it has it. */
const client = new pg.Client({ connectionString: process.argv[2] });
await client.connect();
await client.query('BEGIN');
await client.query('SELECT n FROM bench_lock FOR UPDATE');
process.stdout.write('held\n');

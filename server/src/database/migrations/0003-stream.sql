-- Up to this message everything is known to be in the Redis Stream; no row before Redis was first used.
create table stream_checkpoint (
  only_row boolean primary key default true check (only_row),
  message_id bigint not null
);

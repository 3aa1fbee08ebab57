CREATE TABLE `time_index` (
	`time` integer PRIMARY KEY NOT NULL,
	`position` integer NOT NULL
);

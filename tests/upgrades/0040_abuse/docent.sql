BEGIN TRANSACTION;
CREATE TABLE ab_api_key (
	id INTEGER NOT NULL, 
	uuid VARCHAR(36) NOT NULL, 
	name VARCHAR(256) NOT NULL, 
	key_hash VARCHAR(256) NOT NULL, 
	lookup_hash VARCHAR(256), 
	key_prefix VARCHAR(16) NOT NULL, 
	user_id INTEGER NOT NULL, 
	scopes TEXT, 
	active BOOLEAN NOT NULL, 
	created_on DATETIME, 
	expires_on DATETIME, 
	revoked_on DATETIME, 
	last_used_on DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(user_id) REFERENCES ab_user (id) ON DELETE CASCADE, 
	UNIQUE (lookup_hash), 
	UNIQUE (uuid)
);
CREATE TABLE ab_group (
	id INTEGER NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	label VARCHAR(150), 
	description VARCHAR(512), 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
CREATE TABLE ab_group_role (
	id INTEGER NOT NULL, 
	group_id INTEGER, 
	role_id INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(group_id) REFERENCES ab_group (id) ON DELETE CASCADE, 
	FOREIGN KEY(role_id) REFERENCES ab_role (id) ON DELETE CASCADE, 
	UNIQUE (group_id, role_id)
);
CREATE TABLE ab_permission (
	id INTEGER NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
CREATE TABLE ab_permission_view (
	id INTEGER NOT NULL, 
	permission_id INTEGER NOT NULL, 
	view_menu_id INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(permission_id) REFERENCES ab_permission (id), 
	FOREIGN KEY(view_menu_id) REFERENCES ab_view_menu (id), 
	UNIQUE (permission_id, view_menu_id)
);
CREATE TABLE ab_permission_view_role (
	id INTEGER NOT NULL, 
	permission_view_id INTEGER, 
	role_id INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(permission_view_id) REFERENCES ab_permission_view (id) ON DELETE CASCADE, 
	FOREIGN KEY(role_id) REFERENCES ab_role (id) ON DELETE CASCADE, 
	UNIQUE (permission_view_id, role_id)
);
CREATE TABLE ab_register_user (
	id INTEGER NOT NULL, 
	first_name VARCHAR(64) NOT NULL, 
	last_name VARCHAR(64) NOT NULL, 
	username VARCHAR(128) NOT NULL, 
	password VARCHAR(256), 
	email VARCHAR(320) NOT NULL, 
	registration_date DATETIME, 
	registration_hash VARCHAR(256), 
	PRIMARY KEY (id), 
	UNIQUE (email), 
	UNIQUE (username)
);
CREATE TABLE ab_role (
	id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "ab_role" VALUES(1,'Superadmin');
INSERT INTO "ab_role" VALUES(2,'Staff');
INSERT INTO "ab_role" VALUES(3,'Support');
INSERT INTO "ab_role" VALUES(4,'Member');
INSERT INTO "ab_role" VALUES(5,'Public');
CREATE TABLE ab_user (
	id INTEGER NOT NULL, 
	first_name VARCHAR(64) NOT NULL, 
	last_name VARCHAR(64) NOT NULL, 
	username VARCHAR(128) NOT NULL, 
	password VARCHAR(256), 
	active BOOLEAN, 
	email VARCHAR(320) NOT NULL, 
	last_login DATETIME, 
	login_count INTEGER, 
	fail_login_count INTEGER, 
	created_on DATETIME, 
	changed_on DATETIME, 
	created_by_fk INTEGER, 
	changed_by_fk INTEGER, 
	status VARCHAR(16) DEFAULT 'enabled' NOT NULL, 
	verified BOOLEAN DEFAULT '0' NOT NULL, 
	session_version INTEGER DEFAULT '1' NOT NULL, 
	created_at DATETIME NOT NULL, 
	deleted_at DATETIME, suspended_at DATETIME, suspended_for TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT status_known CHECK (status IN ('enabled', 'disabled', 'deleted')), 
	FOREIGN KEY(changed_by_fk) REFERENCES ab_user (id), 
	FOREIGN KEY(created_by_fk) REFERENCES ab_user (id), 
	UNIQUE (email), 
	UNIQUE (username)
);
INSERT INTO "ab_user" VALUES(1,'Super','Admin','admin@example.com','!',1,'admin@example.com',NULL,NULL,NULL,'2026-11-26 07:40:44.237042','2026-11-26 07:40:44.237045',NULL,NULL,'enabled',1,1,'2026-11-26 07:40:44.237068',NULL,NULL,'');
CREATE TABLE ab_user_group (
	id INTEGER NOT NULL, 
	user_id INTEGER, 
	group_id INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(group_id) REFERENCES ab_group (id) ON DELETE CASCADE, 
	FOREIGN KEY(user_id) REFERENCES ab_user (id) ON DELETE CASCADE, 
	UNIQUE (user_id, group_id)
);
CREATE TABLE ab_user_role (
	id INTEGER NOT NULL, 
	user_id INTEGER, 
	role_id INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(role_id) REFERENCES ab_role (id) ON DELETE CASCADE, 
	FOREIGN KEY(user_id) REFERENCES ab_user (id) ON DELETE CASCADE, 
	UNIQUE (user_id, role_id)
);
INSERT INTO "ab_user_role" VALUES(1,1,1);
CREATE TABLE ab_view_menu (
	id INTEGER NOT NULL, 
	name VARCHAR(250) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
CREATE TABLE acting_grants (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	service_id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	started_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	UNIQUE (uuid), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(user_id) REFERENCES ab_user (id) ON DELETE CASCADE
);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0040_abuse');
CREATE TABLE api_replies (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	key_id INTEGER NOT NULL, 
	idempotency_key VARCHAR(64) NOT NULL, 
	request_hash VARCHAR(64) NOT NULL, 
	status INTEGER NOT NULL, 
	body JSON NOT NULL, 
	FOREIGN KEY(key_id, service_id) REFERENCES service_keys (id, service_id) ON DELETE CASCADE, 
	CONSTRAINT one_reply_per_request UNIQUE (key_id, idempotency_key), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
CREATE TABLE asked_questions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	message_id INTEGER NOT NULL, 
	cluster_id INTEGER, 
	asked_at DATETIME NOT NULL, 
	trouble VARCHAR(12), 
	outcome VARCHAR(12), 
	is_due BOOLEAN, 
	CONSTRAINT trouble_known CHECK (trouble IS NULL OR trouble IN ('refused', 'disliked')), 
	CONSTRAINT outcome_known CHECK (outcome IS NULL OR outcome IN ('answered', 'unanswered')), 
	FOREIGN KEY(cluster_id, service_id, chatbot_id) REFERENCES question_clusters (id, service_id, chatbot_id) ON DELETE CASCADE, 
	CONSTRAINT one_question_per_answer UNIQUE (message_id), 
	FOREIGN KEY(message_id, service_id, chatbot_id) REFERENCES chat_history (id, service_id, chatbot_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
CREATE TABLE "audit_events" (
	service_id INTEGER, 
	actor_id INTEGER, 
	action VARCHAR(64) NOT NULL, 
	target VARCHAR(120) NOT NULL, 
	changes JSON NOT NULL, 
	id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	workspace_id INTEGER, 
	acting_as_id INTEGER, 
	label VARCHAR(120) DEFAULT '' NOT NULL, 
	network VARCHAR(64) DEFAULT '' NOT NULL, key_id INTEGER, 
	PRIMARY KEY (id), 
	CONSTRAINT acting_as FOREIGN KEY(acting_as_id) REFERENCES ab_user (id) ON DELETE SET NULL, 
	FOREIGN KEY(actor_id) REFERENCES ab_user (id) ON DELETE SET NULL
);
INSERT INTO "audit_events" VALUES(1,NULL,'service.open','services:1','{}',1,'2026-11-26 07:40:44.311717',NULL,NULL,'This installation','',NULL);
CREATE TABLE chat_history (
	domain_id INTEGER, 
	session_id INTEGER NOT NULL, 
	type VARCHAR(8) NOT NULL, 
	message TEXT NOT NULL, 
	feedback VARCHAR(16), 
	response_time INTEGER, 
	timestamp DATETIME NOT NULL, 
	question_id INTEGER, 
	idempotency_key VARCHAR(64), 
	state VARCHAR(16), 
	finish VARCHAR(16), 
	chat_model VARCHAR(120), 
	tokens_in INTEGER, 
	tokens_out INTEGER, 
	evidence JSON, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, standalone TEXT, first_token_ms INTEGER, feedback_comment TEXT DEFAULT '' NOT NULL, cost INTEGER, input_price INTEGER, output_price INTEGER, uncounted BOOLEAN DEFAULT 1, counted_as VARCHAR(16), 
	CONSTRAINT feedback_known CHECK (feedback IS NULL OR feedback IN ('positive', 'neutral', 'negative')), 
	CONSTRAINT finish_known CHECK (finish IS NULL OR finish IN ('pending', 'complete', 'stopped')), 
	CONSTRAINT state_known CHECK (state IS NULL OR state IN ('grounded', 'curated', 'refused', 'error')), 
	CONSTRAINT type_known CHECK (type IN ('bot', 'client')), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(session_id, service_id, chatbot_id) REFERENCES chat_sessions (id, service_id, chatbot_id) ON DELETE CASCADE, 
	CONSTRAINT message_in_chatbot UNIQUE (id, service_id, chatbot_id), 
	CONSTRAINT one_turn_per_key UNIQUE (session_id, type, idempotency_key), 
	UNIQUE (uuid)
);
INSERT INTO "chat_history" VALUES(1,1,'client','Within how many days may goods be returned?',NULL,NULL,'2026-11-26 07:41:23.942214',NULL,'2f20ee71f4294ff4ad6242e98ba2cdb1',NULL,NULL,NULL,NULL,NULL,NULL,1,'ceac59521179411e9e7ebf05f61bd6c2',1,1,NULL,NULL,'',NULL,NULL,NULL,1,NULL);
INSERT INTO "chat_history" VALUES(1,1,'bot','Goods may be returned within thirty days. [1]',NULL,1565,'2026-11-26 07:41:25.619957',1,'2f20ee71f4294ff4ad6242e98ba2cdb1','grounded','complete',NULL,NULL,NULL,'{"support": 1.0, "threshold": 0.45, "chunk": 0.795, "sentence": 0.839, "terms": 0.659, "sentence_terms": 0.659, "missing": ["many"]}',2,'fc1b8dc64825458786827b5184922e5d',1,1,NULL,NULL,'',NULL,NULL,NULL,1,NULL);
CREATE TABLE chat_models (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	base_url TEXT NOT NULL, 
	model VARCHAR(120) NOT NULL, 
	sealed_key TEXT NOT NULL, 
	is_off BOOLEAN NOT NULL, 
	monthly_budget INTEGER, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT one_chat_model_per_chatbot UNIQUE (chatbot_id), 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
CREATE TABLE chat_sessions (
	domain_id INTEGER, 
	embed_id INTEGER, 
	origin TEXT NOT NULL, 
	page TEXT NOT NULL, 
	resume_hash VARCHAR(64), 
	started_at DATETIME NOT NULL, 
	last_message_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, consented_at DATETIME, visitor JSON, handed_over_at DATETIME, visitor_hash VARCHAR(32), browser VARCHAR(40) DEFAULT '' NOT NULL, language VARCHAR(8) DEFAULT '' NOT NULL, last_question VARCHAR(200) DEFAULT '' NOT NULL, n_questions INTEGER DEFAULT '0' NOT NULL, n_grounded INTEGER DEFAULT '0' NOT NULL, n_curated INTEGER DEFAULT '0' NOT NULL, n_refused INTEGER DEFAULT '0' NOT NULL, n_error INTEGER DEFAULT '0' NOT NULL, n_positive INTEGER DEFAULT '0' NOT NULL, n_neutral INTEGER DEFAULT '0' NOT NULL, n_negative INTEGER DEFAULT '0' NOT NULL, n_submissions INTEGER DEFAULT '0' NOT NULL, slowest_ms INTEGER, cost INTEGER, summary_due_at DATETIME, uncounted BOOLEAN DEFAULT 1, 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	CONSTRAINT chat_session_in_chatbot UNIQUE (id, service_id, chatbot_id), 
	UNIQUE (uuid)
);
INSERT INTO "chat_sessions" VALUES(1,1,'','command line','2a7d78d88b0b65d85735275b6619673a59ad30e2cf7c7fd47d70d0a568522b96','2026-11-26 07:41:23.883930','2026-11-26 07:41:23.885052',NULL,1,'bf91394181904198ac9d65a1bddc1063',1,1,NULL,NULL,NULL,NULL,'','en','Within how many days may goods be returned?',1,1,0,0,0,0,0,0,0,1565,NULL,NULL,1);
CREATE TABLE "chatbot_data" (
	kind VARCHAR(8) NOT NULL, 
	title VARCHAR(500) NOT NULL, 
	file_format VARCHAR(16) NOT NULL, 
	data_loc TEXT NOT NULL, 
	filesize INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	allowed_training BOOLEAN NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	progress INTEGER NOT NULL, 
	error_code VARCHAR(32), 
	error_advice TEXT, 
	warnings JSON NOT NULL, 
	n_chunks INTEGER NOT NULL, 
	n_pages INTEGER, 
	fence INTEGER NOT NULL, 
	attempts INTEGER NOT NULL, 
	heartbeat_at DATETIME, 
	finished_at DATETIME, 
	deleted_at DATETIME, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	queued_at DATETIME, 
	taken_at DATETIME, 
	fetched_at DATETIME, 
	parsed_at DATETIME, 
	chunked_at DATETIME, 
	published_at DATETIME, 
	changed_by_id INTEGER, 
	CONSTRAINT kind_known CHECK (kind IN ('file', 'url', 'website', 'text', 'qa')), 
	CONSTRAINT state_known CHECK (state IN ('queued', 'fetching', 'parsing', 'embedding', 'ready', 'failed')), 
	CONSTRAINT source_in_chatbot UNIQUE (id, service_id, chatbot_id), 
	CONSTRAINT source_changed_by FOREIGN KEY(changed_by_id) REFERENCES ab_user (id) ON DELETE SET NULL, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	UNIQUE (uuid), 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE
);
INSERT INTO "chatbot_data" VALUES('file','returns.txt','txt','uploads/1/4fb92d9ddb44484780b38ef4669c1bdd',73,'a139f78ec515dd1c6e958fdb809d9919cde2cd502f29b57bb90a417c021a18e8',1,'ready',100,NULL,NULL,'[]',1,NULL,2,1,'2026-11-26 07:41:11.076039','2026-11-26 07:41:11.075737',NULL,1,'ccd21380abb348bd8c8932ca42c4ecd8',1,1,'2026-11-26 07:41:10.648644','2026-11-26 07:41:10.647267','2026-11-26 07:41:10.682081','2026-11-26 07:41:10.720837','2026-11-26 07:41:10.990846','2026-11-26 07:41:11.003430','2026-11-26 07:41:12.061992',NULL);
INSERT INTO "chatbot_data" VALUES('file','opening.txt','txt','uploads/1/f7493efaea814a76895519f99ca2177a',72,'3b6bb5052f7e2698e32fb0b925703d2b2e2b4df2347be02afdda6baebd6ee88c',1,'ready',100,NULL,NULL,'[]',1,NULL,2,1,'2026-11-26 07:41:11.240342','2026-11-26 07:41:11.240050',NULL,2,'b06133d54ccf4eb5b483654b8ad8d581',1,1,'2026-11-26 07:41:11.173848','2026-11-26 07:41:11.165187','2026-11-26 07:41:11.176201','2026-11-26 07:41:11.186622','2026-11-26 07:41:11.198080','2026-11-26 07:41:11.200084','2026-11-26 07:41:12.061992',NULL);
CREATE TABLE chatbot_days (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	day DATE NOT NULL, 
	kind VARCHAR(12) NOT NULL, 
	"key" VARCHAR(300) NOT NULL, 
	n INTEGER NOT NULL, 
	n_answered INTEGER NOT NULL, 
	CONSTRAINT kind_known CHECK (kind IN ('page', 'domain', 'language', 'document', 'cluster', 'response')), 
	CONSTRAINT one_row_per_part_and_day UNIQUE (chatbot_id, kind, day, "key"), 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
CREATE TABLE chatbot_hours (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	hour INTEGER NOT NULL, 
	n_sessions INTEGER NOT NULL, 
	n_visitors INTEGER NOT NULL, 
	n_questions INTEGER NOT NULL, 
	n_grounded INTEGER NOT NULL, 
	n_curated INTEGER NOT NULL, 
	n_refused INTEGER NOT NULL, 
	n_error INTEGER NOT NULL, 
	n_positive INTEGER NOT NULL, 
	n_neutral INTEGER NOT NULL, 
	n_negative INTEGER NOT NULL, 
	n_submissions INTEGER NOT NULL, 
	n_handoffs INTEGER NOT NULL, 
	cost INTEGER NOT NULL, 
	CONSTRAINT one_row_per_chatbot_and_hour UNIQUE (chatbot_id, hour), 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
CREATE TABLE "chatbots" (
	owner_id INTEGER, 
	version INTEGER NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	description TEXT NOT NULL, 
	type VARCHAR(24) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	training_status VARCHAR(16) NOT NULL, 
	last_trained DATETIME, 
	settings JSON NOT NULL, 
	changed_count INTEGER NOT NULL, 
	published_count INTEGER NOT NULL, 
	training_fence INTEGER NOT NULL, 
	training_heartbeat_at DATETIME, 
	generation_id INTEGER, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	workspace_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	held_for VARCHAR(16) DEFAULT '' NOT NULL, 
	held_count INTEGER DEFAULT '0' NOT NULL, 
	held_golden JSON DEFAULT '[]' NOT NULL, 
	holds_worse BOOLEAN DEFAULT 0 NOT NULL, 
	accepts_worse BOOLEAN DEFAULT 0 NOT NULL, 
	pending JSON DEFAULT '[]' NOT NULL, chats_until DATETIME, purged_at DATETIME, suspended_at DATETIME, suspended_for TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT chatbot_in_service UNIQUE (id, service_id), 
	CONSTRAINT type_known CHECK (type IN ('sales', 'support', 'onboarding', 'feedback', 'booking', 'e-commerce', 'internal_assistant', 'knowledge_base', 'marketing', 'event', 'education', 'healthcare', 'entertainment', 'news', 'custom')), 
	CONSTRAINT training_status_known CHECK (training_status IN ('empty', 'due', 'training', 'ready', 'failed')), 
	CONSTRAINT status_known CHECK (status IN ('enabled', 'disabled', 'deleted')), 
	CONSTRAINT held_for_known CHECK (held_for IN ('', 'worse', 'rollback')), 
	FOREIGN KEY(owner_id) REFERENCES ab_user (id) ON DELETE SET NULL, 
	FOREIGN KEY(workspace_id, service_id) REFERENCES workspaces (id, service_id), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	UNIQUE (uuid)
);
INSERT INTO "chatbots" VALUES(NULL,1,'Shop helper','','support','enabled','ready','2026-11-26 07:41:11.996556','{}',2,2,1,'2026-11-26 07:41:11.996562',1,1,'0eaf44369663444faee280121ed6194d',1,1,'2026-11-26 07:40:57.412259','',0,'[]',0,0,'[]',NULL,NULL,NULL,'');
CREATE TABLE chunks (
	document_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	heading TEXT NOT NULL, 
	locator JSON NOT NULL, 
	text_hash VARCHAR(64) NOT NULL, 
	embedding BLOB, 
	embedding_name VARCHAR(120) NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	chatbot_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, sentences BLOB, 
	FOREIGN KEY(document_id, service_id, chatbot_id) REFERENCES documents (id, service_id, chatbot_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	CONSTRAINT one_chunk_per_position UNIQUE (document_id, position)
);
INSERT INTO "chunks" VALUES(1,0,'Goods may be returned within thirty days. The buyer pays for the parcel.','','{"line": 1}','9850b7418f16b964eb7307c42f397aeb8f5c0bf200e55cbe3cda4a1125e7c742',X'E4A52D261B2C14A20223A8261FA827A8A4A97928CE2F14215CA622A442AA5BA64E2B0C2613A9459F311C4DA233AA64A7692CB82B9BACDFA4BEAA72ACD127092866A55B272BA8A42870A9CAAEB82236A77FA86BA7D1A7332B67A87AABAC2972288F2B4025B42CAC2808B0492B03ACEA2CF827DFA026A6A5A78128DEAABEA90DA85E28ADAECCA8FCABBAACE9A7D42D55A4D19A7025832BF89902295AA59EAB94A8F1A5512E18A609A5952A65A753220C30222FEC15C124B6AA6DA849A8C6AAFEAC75240726052A7E26D324A02BE9A411A9ED9500ADA5A2C52880ADC92A27AC7FA8172AB227F421CE2D3EAC1DA73126E5B01D2CCB2E0F2CEEAB08AC0023122E008085B0EE1ABBA2C99FDE2362AA362C8C174A29BA9FE6AC2923BD29ED2961ACBF26372A9D283A241F22B0A0DBAB7A231F229CA290B026A79E2B7A2B1B95F82D9C2C28275DA701AA432C2C2DB4241128A2A98A9DE3A887A7D926FDA99EABCE2530A4D6A3301E68218E287B2956A58FA903A5C324732864AC98A31D30A219BC2A2124AEA43B1FAA2A05A4F5A4482A7B28842A2E256AAD7A2D8CA9B3A93CA7312E06ADC1A05AACDDAB4F274527772CE62345ADB91E75A5B31198AB49296E1F6D310000432C0F2AA5AD262D96A97DA908ABD3301BAC5B2AD7AC11A86A290C274128DA2BB52BCCAD3A22C229772C84A59A2522A404AD362C071AAAAC38AB2DAC7A1F85ADD0A95F9D8D2A4EA813A7D0A9D92D061CDA2AB8A0722C68A2222183ABE529BAA9212F05A5B827992A972801A8B2ABD72D0626D0AC872252260CA699A0D826951D4517A1A5C22CD4A9942C52257B1D2C2263A783AD3E2B6827FA1F5D2C41A3AC247C29BB2028230B1F662BC3AE14AADEAAA02C222D492A00A0EC2AE32982A10080AA93EAA59E9E6A2C7B2545A17D2A2E29B0A561AAA526A4A5DBA9CB2CF2A60AA9A5268EABFCAA4DAF18A753A6412EBE28FAAD5028FE273E254D20F81E37A6082C55A4A92A9C2709AC792C97A289A0ED248B24FCA877AAF7A4512C89A43CAFCE0D4EA233A4B7226C9557A4E222C7A611A845AAD4195B2037A4ADACB1A955250DAA','all-MiniLM-L6-v2/onnx-int8/48fcb3e203dd',1,1,1,1,X'0000000029000000EE0E23010E07D7EAEC194713F9E9E2EA2FFFDD0902EBE4EB2A2DDFFADEEDF30AF200ED17DBC90DECEBF4E624F5D804061D092F15C51EDF1C0DFBEAF41EE7E4E612CAE9D3F80429EEFDFA260116FBEDDEF83CF5FA22E7FE4E3FFF0FF0E6ECE3CF031214E60425EBE6FCCAFF19C718D9F62F0D063ADFF314A8233629D6E41E3500A904F1F8F6E12BF819E3D9131C05D4073514FFF802C004FE04ACF31B2603342E15E8F2253B0C11E30BF5F002F3DB08FBE6F8011C1DF5E314FE11DEFF4FF626FB00191F02EA1F1B13FDB831DB0BDA2BDE02E1CA0E07220CCC04F3EFD81C005A003114DB33FCD6DC7FCE15E2E815020B3732C4FC2233E210FBD92008CCDBEBF9CBE20D22DCF3EB2A0F1AF819F20CE112E534F71E0C12FBE71D14CFFC13D9F0150509F125FE39FA0F11D6D00A0D0F1A0004110801F327CDE8F02B293CF42235FB0006F40F2D0EF80DF7F9D61AFBF71DE4EE00CBF3C0E7E93109C7132221FA02EE35F51A13D725E3F50609EBF0FB2AE9CC0D040B0303F00AFCF0EAFFFDF4CCDF0DE32A00000048000000F01A30E6091C07F0DF1649F4EC0EDBFE131CEFF30217DFF73117CEF4ECCF2D24FE30E40EF8B6FBEFE8E8F522DEE33B2A250E290FA82CCE5018F4F9E9FED4EBF615B9EEE59AD13F06061A1DF325EEC7F0E943F0EB1CF7094E3C0907C4F9EAE3D9171224EE101E00ED05D7F10CCD29DAD50B120A40C8F009972B3F18E6CC004300BBFE020025E7250B1324C7EC174DDF08FF151517F7F71215EDADE8301D043C210E00D029290D20E8F8D7EE1CCEE407EE0C1709FB1AF3EFD51B12D5E247151E1DEEE618E904140D3229E732F5B60B51D1EFCDF4141A2F08DBFCED1CED15097F001E2FAC3FD7FFDB2EF025A9EF1C191C0E1BC614181B0109E3CF2400E6E6CE12CBE4E32001EBEB4AEC1FFA3AF603DE27E64BF7FD3E1BD9CD650CDD130C140715F7F3FF35CC141FEBFE08C7400B043CED0C1EF5161C11B1D7D22722F5061BF1F600F8F1D52218F92B4BF0FDFDF3CE3CF5E222F7BEB002F83625CD1108F21005F51CFD2415E33008FA1709E2CEF02D059FE7E9E11604FB0CE1E8E1060EFBD7F50DE1');
INSERT INTO "chunks" VALUES(2,0,'The shop opens at nine in the morning and closes at six in the evening.','','{"line": 1}','0cba5896eaf254edeb385f2d09a3d93478133d6131cb362a6b33b30d9a101f33',X'BD279BA645A7FA280E1D4B2D13ABB9227AA0B0A709A8062C58AEED20F42BEC2461AA40ACE4A336A0A42B5EAAD72CDAA9EAA414A5282911A82D21FBA8D32446228C276928282CE52C442B8199681DB02C0D2DE0AACEABF01E47A558267427CD1CF92C422A9CA331A3FEA92CA84E28E929769B7EAD9E2A5D28EF230625A5ACBC27E027A2A6A5ADAFA8A7A8BAAABC26E5A7A717781A86ACEF2993A044AD612156A5949BFBA65AAA7928AFA50F25912D322CE62B1AA05925972A9BAEEE1D8D94E8AB6AA47B2B972A7C1C902AA89E4327682A269B7EA134A7F22EF3AB29AC1AA96FA8A52F13ABB827072A6DAB312916278B2AD128212FB329E6ACA9AD272EF927008020AD6BA762AA8D188A2BCEAEADA5A02AA3AC222EC22293AD73ADD6A995257327822C95284EA6E7AC3A233AACD6A32A2745158824BB27DF29B3286E9BBD2B7FA455226E2C85A67E2ABB23CD1E552872B0D8A34C9829A9C321D12840A53D291C163A292829E3A1F19EE1202B28A49EC0AA03203BA657A545A0D12D081049AA8FAC2AA59BAB262D0EA8FD287B24921DD59D13216EAB4228A52C452B6E18532C5F24FB31E629A92BF22BFDA98C1F172507295BA95D285FA9DCAB1616352CCC1D0000E22B5EA792AB0329D79F3397209F7692549BDA2679259A29942EB9AA4D236EAAD2307C2EC627EB207096C1A796AD3CACA725EB230B2C94AD73ACCBA78AAC9DAE4D265A2B31A93AA471AD26A92C2C9828C52872A67DA673A6A6A57FA1F425119FB6A9AB1D34A81C22CA1843AE7F1DCC28EC2F0EAD259A2B237725BE2B85A9E6A8E7AC9E1D0F266F297DA467AFDA294D20A7A0DFAA60B079A8922A36229BA0FAA682A98EAC09A3912296AC96246F2E78A1BA29402DBDA3DA2CC7255B2371A900800B2693AEC72E38A5A42DECAA3F2BFB2C6DA3762CBF2DC2208FAAEDA86BA980A9952BC823192084A4A3A582245230C19EF3A78EA539AB630D8DA2EA29D32D43291BA98AA629AC35269620512A9FAB60A84E25D8AFB8ABD2A523AE5E2CC4A8BB26C1A4432850A5B0A5891907AF8A23B7A8A02521AF3AA0DD23AFA4EE2A5AA7D6A9','all-MiniLM-L6-v2/onnx-int8/48fcb3e203dd',1,2,1,1,X'000000004700000016F5F01A0838D709FEEAE62CBD07250ADDD3F5F529DD38E5FAF322E707EC070B1718273325FF063533DED401EF1514023821F3F6E0EF151FF7C8261C080FCD1518EFC2E5EBE10FEE0500D222FBC90EEFFAECDE16F507383229FB0E25B90202D4F42923DC22F9122200F8EB4CD6D2E6EB53D70E24DC1C101F174A1FCEC24C1600C9E8DCFD28B5F724D64008C2C7DC09103615EFCE0BCDF411FF07131F190021F70A31F1280A0713A4F9FEE2071DF21E031A1AF7FC0C0FF9E207ECF1FB43FEE2C8F3DB35E718100AFF0DD7152C2DFE290D7F1F2526E2020C1FE912E2D3042805002AF0D322FFFFFB09F9160B1C42DA09DA683D1507FBEDC1D712082BC4D5EBCEB91322E4EFC1E6271918EBEFEDEEFA0EF9DE08ED0503C807135BCAFA0C0D27E4E6CD060F1EF4B61D07F8DAA2EB230DFBECDACEF10AC70C44FA1D38FC300908E50014BC47ED3CD82930F8314205E1E0E7E4280C04F0ED065900F3F7D907F1223D1BE2EDDA0F061CDBEA0FA8D3F6C32DEA11F41AF6F102B70BE30FB8F908F729E2DE');
CREATE TABLE citations (
	message_id INTEGER NOT NULL, 
	n INTEGER NOT NULL, 
	title TEXT NOT NULL, 
	url TEXT, 
	locator JSON NOT NULL, 
	quote TEXT NOT NULL, 
	chunk_id INTEGER, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	chatbot_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	FOREIGN KEY(message_id, service_id, chatbot_id) REFERENCES chat_history (id, service_id, chatbot_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	CONSTRAINT one_citation_per_number UNIQUE (message_id, n)
);
INSERT INTO "citations" VALUES(2,1,'returns',NULL,'{"line": 1}','Goods may be returned within thirty days.',1,1,1,1);
CREATE TABLE "curated_answers" (
	source_id INTEGER NOT NULL, 
	question TEXT NOT NULL, 
	answer TEXT NOT NULL, 
	question_key VARCHAR(64) NOT NULL, 
	embedding BLOB, 
	embedding_name VARCHAR(120) NOT NULL, 
	n_hits INTEGER NOT NULL, 
	last_hit_at DATETIME, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	wording_of_id INTEGER, 
	CONSTRAINT one_answer_per_question UNIQUE (source_id, question_key), 
	CONSTRAINT curated_in_chatbot UNIQUE (id, service_id, chatbot_id), 
	CONSTRAINT wording_in_chatbot FOREIGN KEY(wording_of_id, service_id, chatbot_id) REFERENCES curated_answers (id, service_id, chatbot_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(source_id, service_id, chatbot_id) REFERENCES chatbot_data (id, service_id, chatbot_id) ON DELETE CASCADE, 
	UNIQUE (uuid)
);
CREATE TABLE devices (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	user_id INTEGER NOT NULL, 
	browser VARCHAR(64) NOT NULL, 
	network VARCHAR(64) NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	created_at DATETIME NOT NULL, 
	UNIQUE (uuid), 
	FOREIGN KEY(user_id) REFERENCES ab_user (id) ON DELETE CASCADE
);
CREATE TABLE documents (
	source_id INTEGER NOT NULL, 
	title VARCHAR(500) NOT NULL, 
	name TEXT NOT NULL, 
	url TEXT, 
	live BOOLEAN NOT NULL, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	chatbot_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, retired_after INTEGER, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(source_id, service_id, chatbot_id) REFERENCES chatbot_data (id, service_id, chatbot_id) ON DELETE CASCADE, 
	CONSTRAINT document_in_chatbot UNIQUE (id, service_id, chatbot_id)
);
INSERT INTO "documents" VALUES(1,'returns','returns.txt',NULL,1,1,1,1,'2026-11-26 07:41:11.016085',NULL);
INSERT INTO "documents" VALUES(2,'opening','opening.txt',NULL,1,2,1,1,'2026-11-26 07:41:11.210143',NULL);
CREATE TABLE domain_grants (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	workspace_id INTEGER NOT NULL, 
	domain_id INTEGER NOT NULL, 
	FOREIGN KEY(domain_id, service_id) REFERENCES domains (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(workspace_id, service_id) REFERENCES workspaces (id, service_id) ON DELETE CASCADE, 
	CONSTRAINT one_grant_per_workspace UNIQUE (domain_id, workspace_id), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
CREATE TABLE "domains" (
	scheme VARCHAR(8) NOT NULL, 
	domain VARCHAR(255) NOT NULL, 
	port INTEGER, 
	internal BOOLEAN NOT NULL, 
	verified BOOLEAN NOT NULL, 
	last_checked DATETIME, 
	status VARCHAR(16) NOT NULL, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	service_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, with_subdomains BOOLEAN DEFAULT 0 NOT NULL, proven_by VARCHAR(8), due_at DATETIME, failing_since DATETIME, n_failures INTEGER DEFAULT '0' NOT NULL, claimed_at DATETIME, is_kept BOOLEAN DEFAULT 0 NOT NULL, holds_host BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT domain_in_service UNIQUE (id, service_id), 
	CONSTRAINT status_known CHECK (status IN ('active', 'inactive')), 
	CONSTRAINT scheme_known CHECK (scheme IN ('http', 'https')), 
	UNIQUE (uuid), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
INSERT INTO "domains" VALUES('http','localhost',8080,1,1,NULL,'active',1,'288278cf6cda4a29adc43c271c437eca',1,'2026-11-26 07:41:23.835150',0,NULL,NULL,NULL,0,NULL,0,0);
CREATE TABLE embed_days (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	embed_id INTEGER NOT NULL, 
	day DATE NOT NULL, 
	n_loads INTEGER NOT NULL, 
	FOREIGN KEY(embed_id, service_id, chatbot_id) REFERENCES embeds (id, service_id, chatbot_id) ON DELETE CASCADE, 
	CONSTRAINT one_row_per_embed_and_day UNIQUE (embed_id, day), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
CREATE TABLE embed_refusals (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	embed_id INTEGER NOT NULL, 
	day DATE NOT NULL, 
	reason VARCHAR(32) NOT NULL, 
	origin VARCHAR(300) NOT NULL, 
	n_refused INTEGER NOT NULL, 
	last_at DATETIME NOT NULL, 
	FOREIGN KEY(embed_id, service_id, chatbot_id) REFERENCES embeds (id, service_id, chatbot_id) ON DELETE CASCADE, 
	CONSTRAINT one_row_per_refusal_and_day UNIQUE (embed_id, day, reason, origin), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
CREATE TABLE embeds (
	domain_id INTEGER NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, max_questions_a_minute INTEGER, max_questions_a_day INTEGER, tells_refusals BOOLEAN DEFAULT 1 NOT NULL, last_seen_at DATETIME, last_seen_page TEXT DEFAULT '' NOT NULL, tells_daily BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT status_known CHECK (status IN ('active', 'inactive')), 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(domain_id, service_id) REFERENCES domains (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	CONSTRAINT one_embed_per_domain UNIQUE (chatbot_id, domain_id), 
	UNIQUE (uuid)
);
INSERT INTO "embeds" VALUES(1,'active',1,'e2b20657924c493dae2f45de9d0a54b8',1,1,'2026-11-26 07:41:23.863646',NULL,NULL,1,NULL,'',0);
CREATE TABLE erasures (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	uuid CHAR(32) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	sought TEXT, 
	state VARCHAR(16) NOT NULL, 
	asked_by_id INTEGER, 
	n_sessions INTEGER NOT NULL, 
	n_messages INTEGER NOT NULL, 
	n_submissions INTEGER NOT NULL, 
	finished_at DATETIME, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT kind_known CHECK (kind IN ('visitor', 'email', 'words', 'session', 'all', 'domain')), 
	CONSTRAINT state_known CHECK (state IN ('waiting', 'done')), 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	UNIQUE (uuid), 
	FOREIGN KEY(asked_by_id) REFERENCES ab_user (id) ON DELETE SET NULL
);
CREATE TABLE export_listeners (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	schedule_id INTEGER NOT NULL, 
	webhook_id INTEGER NOT NULL, 
	FOREIGN KEY(schedule_id, service_id) REFERENCES export_schedules (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(webhook_id, service_id) REFERENCES webhooks (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	UNIQUE (schedule_id)
);
CREATE TABLE export_schedules (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	service_id INTEGER NOT NULL, 
	member_id INTEGER NOT NULL, 
	per VARCHAR(8) NOT NULL, 
	format VARCHAR(8) NOT NULL, 
	columns JSON NOT NULL, 
	asked JSON NOT NULL, 
	time_zone VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	every VARCHAR(8) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	position TEXT NOT NULL, 
	due_at DATETIME NOT NULL, 
	error VARCHAR(500) NOT NULL, 
	CONSTRAINT schedule_in_service UNIQUE (id, service_id), 
	CONSTRAINT every_known CHECK (every IN ('daily', 'weekly')), 
	CONSTRAINT status_known CHECK (status IN ('active', 'paused')), 
	CONSTRAINT per_known CHECK (per IN ('message', 'session')), 
	CONSTRAINT format_known CHECK (format IN ('csv', 'xlsx', 'jsonl')), 
	UNIQUE (uuid), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(member_id) REFERENCES ab_user (id) ON DELETE CASCADE
);
CREATE TABLE exports (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	service_id INTEGER NOT NULL, 
	member_id INTEGER NOT NULL, 
	per VARCHAR(8) NOT NULL, 
	format VARCHAR(8) NOT NULL, 
	columns JSON NOT NULL, 
	asked JSON NOT NULL, 
	time_zone VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	schedule_id INTEGER, 
	state VARCHAR(16) NOT NULL, 
	n_rows INTEGER NOT NULL, 
	n_expected INTEGER, 
	size_bytes INTEGER, 
	fence INTEGER NOT NULL, 
	heartbeat_at DATETIME, 
	error VARCHAR(500) NOT NULL, 
	workspace_ids JSON NOT NULL, 
	expires_at DATETIME, 
	FOREIGN KEY(schedule_id, service_id) REFERENCES export_schedules (id, service_id) ON DELETE CASCADE, 
	CONSTRAINT state_known CHECK (state IN ('waiting', 'writing', 'ready', 'failed', 'expired')), 
	CONSTRAINT per_known CHECK (per IN ('message', 'session')), 
	CONSTRAINT format_known CHECK (format IN ('csv', 'xlsx', 'jsonl')), 
	UNIQUE (uuid), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(member_id) REFERENCES ab_user (id) ON DELETE CASCADE
);
CREATE TABLE form_submissions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	form_id INTEGER, 
	session_id INTEGER, 
	kind VARCHAR(16) NOT NULL, 
	form_name VARCHAR(80) NOT NULL, 
	summary VARCHAR(200) NOT NULL, 
	answers JSON NOT NULL, 
	page TEXT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	assignee_id INTEGER, uncounted BOOLEAN DEFAULT 1, 
	CONSTRAINT submission_in_chatbot UNIQUE (id, service_id, chatbot_id), 
	CONSTRAINT state_known CHECK (state IN ('new', 'in_progress', 'done')), 
	CONSTRAINT kind_known CHECK (kind IN ('form', 'handoff')), 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	UNIQUE (uuid), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(assignee_id) REFERENCES ab_user (id) ON DELETE SET NULL
);
CREATE TABLE forms (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	intro TEXT NOT NULL, 
	thanks TEXT NOT NULL, 
	fields JSON NOT NULL, 
	button VARCHAR(40) NOT NULL, 
	after_refusal BOOLEAN NOT NULL, 
	words JSON NOT NULL, 
	notify JSON NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	CONSTRAINT form_in_chatbot UNIQUE (id, service_id, chatbot_id), 
	CONSTRAINT status_known CHECK (status IN ('active', 'inactive', 'deleted')), 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	UNIQUE (uuid), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
INSERT INTO "forms" VALUES(1,'1e447e51e21b4cfb85edebbf40510b7f',1,1,'2026-11-26 07:40:57.426818','Support request','Describe what is wrong; we answer by e-mail.','Thank you. We will get back to you.','[{"name": "email", "kind": "email", "label": "E-mail", "required": true, "choices": []}, {"name": "problem", "kind": "long", "label": "What happened?", "required": true, "choices": []}, {"name": "urgency", "kind": "choice", "label": "How urgent is it?", "required": true, "choices": ["It can wait", "Soon", "Nothing works"]}]','Report a problem',1,'["broken", "error", "does not work"]','[]','active');
CREATE TABLE generations (
	number INTEGER NOT NULL, 
	embedding_name VARCHAR(120) NOT NULL, 
	n_chunks INTEGER NOT NULL, 
	storage_key TEXT NOT NULL, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, n_documents INTEGER DEFAULT '0' NOT NULL, causes JSON DEFAULT '[]' NOT NULL, golden JSON DEFAULT '[]' NOT NULL, 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	CONSTRAINT one_generation_per_number UNIQUE (chatbot_id, number), 
	UNIQUE (uuid)
);
INSERT INTO "generations" VALUES(1,'all-MiniLM-L6-v2/onnx-int8/48fcb3e203dd',2,'generations/1/d92481936c5b4624b59cffd4a5c8842a',1,'d92481936c5b4624b59cffd4a5c8842a',1,1,'2026-11-26 07:41:12.021198',2,'[{"what": "read", "title": "returns.txt", "by": null, "n": 1}, {"what": "read", "title": "opening.txt", "by": null, "n": 2}]','[]');
CREATE TABLE golden_questions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	question TEXT NOT NULL, 
	document TEXT NOT NULL, 
	answers JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	CONSTRAINT one_golden_question_of_a_text UNIQUE (chatbot_id, question), 
	UNIQUE (uuid), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
CREATE TABLE handovers (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	successor_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT one_offer_at_a_time UNIQUE (service_id), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(successor_id) REFERENCES ab_user (id) ON DELETE CASCADE
);
CREATE TABLE identity_keys (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	sealed_secret TEXT NOT NULL, 
	secret_before TEXT, 
	replaced_at DATETIME, 
	created_at DATETIME NOT NULL, 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	CONSTRAINT one_identity_key UNIQUE (chatbot_id), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
CREATE TABLE instructions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	author_id INTEGER, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT one_instruction_per_version UNIQUE (chatbot_id, version), 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(author_id) REFERENCES ab_user (id) ON DELETE SET NULL
);
CREATE TABLE invitations (
	email VARCHAR(320) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	invited_by_id INTEGER, 
	status VARCHAR(16) NOT NULL, 
	expired_at DATETIME NOT NULL, 
	accepted_at DATETIME, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	workspace_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, further_places JSON DEFAULT '{}' NOT NULL, 
	CONSTRAINT role_known CHECK (role IN ('owner', 'admin', 'user')), 
	CONSTRAINT status_known CHECK (status IN ('pending', 'accepted', 'revoked')), 
	FOREIGN KEY(invited_by_id) REFERENCES ab_user (id) ON DELETE SET NULL, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(workspace_id, service_id) REFERENCES workspaces (id, service_id) ON DELETE CASCADE, 
	UNIQUE (token_hash), 
	UNIQUE (uuid)
);
CREATE TABLE legal_holds (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	session_id INTEGER NOT NULL, 
	reason VARCHAR(500) NOT NULL, 
	held_by_id INTEGER, 
	wished_at DATETIME, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT one_hold_of_a_session UNIQUE (session_id), 
	FOREIGN KEY(session_id, service_id, chatbot_id) REFERENCES chat_sessions (id, service_id, chatbot_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(held_by_id) REFERENCES ab_user (id) ON DELETE SET NULL
);
CREATE TABLE message_marks (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	session_id INTEGER NOT NULL, 
	uuid CHAR(32) NOT NULL, 
	message_id INTEGER NOT NULL, 
	author_id INTEGER, 
	mark VARCHAR(16), 
	note TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	changed_at DATETIME NOT NULL, 
	FOREIGN KEY(message_id, service_id, chatbot_id) REFERENCES chat_history (id, service_id, chatbot_id) ON DELETE CASCADE, 
	CONSTRAINT one_mark_of_a_person UNIQUE (message_id, author_id), 
	CONSTRAINT mark_known CHECK (mark IS NULL OR mark IN ('needs_review', 'reviewed', 'bad_answer', 'good_example')), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	UNIQUE (uuid), 
	FOREIGN KEY(author_id) REFERENCES ab_user (id) ON DELETE SET NULL
);
CREATE TABLE model_prices (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	model VARCHAR(120) NOT NULL, 
	valid_from DATE NOT NULL, 
	input_price INTEGER NOT NULL, 
	output_price INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT one_price_per_day UNIQUE (model, valid_from)
);
CREATE TABLE model_spending (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	month VARCHAR(7) NOT NULL, 
	amount INTEGER NOT NULL, 
	CONSTRAINT one_spending_per_month UNIQUE (chatbot_id, month), 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
CREATE TABLE notices (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	kind VARCHAR(48) NOT NULL, 
	occasion VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT one_notice_per_occasion UNIQUE (service_id, kind, occasion), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
CREATE TABLE orders (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	service_id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	plan_id INTEGER NOT NULL, 
	terms JSON NOT NULL, 
	amount INTEGER NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	is_renewal BOOLEAN NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	note TEXT NOT NULL, 
	decided_by_id INTEGER, 
	decided_at DATETIME, 
	starts_at DATETIME, 
	ends_at DATETIME, 
	anchor_at DATETIME, 
	period_id INTEGER, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT status_known CHECK (status IN ('pending', 'activated', 'rejected')), 
	FOREIGN KEY(period_id, service_id) REFERENCES user_service_subscribed (id, service_id), 
	UNIQUE (uuid), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(user_id) REFERENCES ab_user (id), 
	FOREIGN KEY(plan_id) REFERENCES plans (id), 
	FOREIGN KEY(decided_by_id) REFERENCES ab_user (id) ON DELETE SET NULL
);
CREATE TABLE outgoing_mails (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	template VARCHAR(48) NOT NULL, 
	recipient VARCHAR(320) NOT NULL, 
	page VARCHAR(200) NOT NULL, 
	seed VARCHAR(64) NOT NULL, 
	words JSON NOT NULL, 
	invitation_id INTEGER, 
	state VARCHAR(16) NOT NULL, 
	attempts INTEGER NOT NULL, 
	error VARCHAR(500) NOT NULL, 
	due_at DATETIME NOT NULL, 
	sent_at DATETIME, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT state_known CHECK (state IN ('waiting', 'sent', 'failed')), 
	FOREIGN KEY(invitation_id) REFERENCES invitations (id) ON DELETE SET NULL
);
CREATE TABLE plans (
	name VARCHAR(64) NOT NULL, 
	description TEXT NOT NULL, 
	price INTEGER NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	billing_cycle VARCHAR(16) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	trial_period INTEGER NOT NULL, 
	features JSON NOT NULL, 
	deleted_at DATETIME, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT billing_cycle_known CHECK (billing_cycle IN ('monthly', 'yearly')), 
	CONSTRAINT status_known CHECK (status IN ('enabled', 'disabled', 'deleted')), 
	UNIQUE (name)
);
INSERT INTO "plans" VALUES('free','One chatbot on one website, to try it or for a small one.',0,'EUR','monthly','enabled',0,'{"chatbots": 1, "domains": 1, "workspaces": 1, "seats": 2, "storage_bytes": 100000000, "documents": 50, "max_crawl_pages": 50, "messages_per_month": 500, "ocr_pages_per_day": 20, "requests_per_minute": 10, "api_requests_per_minute": 60, "retention_days": 30, "grace_days": 30, "recrawl": "manual", "remove_branding": false}',NULL,1,'2026-11-26 07:40:43.696081');
INSERT INTO "plans" VALUES('silver','For one team with a few websites.',1900,'EUR','monthly','enabled',14,'{"chatbots": 3, "domains": 3, "workspaces": 2, "seats": 5, "storage_bytes": 1000000000, "documents": 500, "max_crawl_pages": 500, "messages_per_month": 5000, "ocr_pages_per_day": 200, "requests_per_minute": 30, "api_requests_per_minute": 120, "retention_days": 90, "grace_days": 30, "recrawl": "monthly", "remove_branding": false}',NULL,2,'2026-11-26 07:40:43.696089');
INSERT INTO "plans" VALUES('gold','For several teams, without our name on the widget.',4900,'EUR','monthly','enabled',14,'{"chatbots": 10, "domains": 10, "workspaces": 5, "seats": 20, "storage_bytes": 10000000000, "documents": 5000, "max_crawl_pages": 2000, "messages_per_month": 25000, "ocr_pages_per_day": 1000, "requests_per_minute": 60, "api_requests_per_minute": 300, "retention_days": 365, "grace_days": 30, "recrawl": "weekly", "remove_branding": true}',NULL,3,'2026-11-26 07:40:43.696090');
INSERT INTO "plans" VALUES('premium','For whole organizations.',14900,'EUR','monthly','enabled',30,'{"chatbots": 100, "domains": 100, "workspaces": 50, "seats": 200, "storage_bytes": 100000000000, "documents": 100000, "max_crawl_pages": 10000, "messages_per_month": 200000, "ocr_pages_per_day": 5000, "requests_per_minute": 300, "api_requests_per_minute": 1200, "retention_days": 730, "grace_days": 90, "recrawl": "daily", "remove_branding": true}',NULL,4,'2026-11-26 07:40:43.696091');
CREATE TABLE profiles (
	user_id INTEGER NOT NULL, 
	meta_data JSON NOT NULL, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	FOREIGN KEY(user_id) REFERENCES ab_user (id) ON DELETE CASCADE, 
	UNIQUE (user_id)
);
CREATE TABLE question_clusters (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	uuid CHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	embedding BLOB NOT NULL, 
	embedding_name VARCHAR(120) NOT NULL, 
	n_questions INTEGER NOT NULL, 
	n_troubled INTEGER NOT NULL, 
	n_open INTEGER NOT NULL, 
	last_asked_at DATETIME NOT NULL, 
	last_trouble_at DATETIME, 
	ignored_at DATETIME, 
	ignored_by_id INTEGER, 
	asked_again_at DATETIME, 
	asked_generation_id INTEGER, leader_id INTEGER, 
	CONSTRAINT cluster_in_chatbot UNIQUE (id, service_id, chatbot_id), 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	UNIQUE (uuid), 
	FOREIGN KEY(ignored_by_id) REFERENCES ab_user (id) ON DELETE SET NULL
);
CREATE TABLE recovery_codes (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	user_id INTEGER NOT NULL, 
	code_hash VARCHAR(64) NOT NULL, 
	used_at DATETIME, 
	CONSTRAINT one_code_of_a_kind UNIQUE (user_id, code_hash), 
	FOREIGN KEY(user_id) REFERENCES ab_user (id) ON DELETE CASCADE
);
CREATE TABLE redactions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	asked_by_id INTEGER, 
	until_id INTEGER NOT NULL, 
	seen_id INTEGER NOT NULL, 
	n_expected INTEGER NOT NULL, 
	n_seen INTEGER NOT NULL, 
	n_changed INTEGER NOT NULL, 
	n_held INTEGER NOT NULL, 
	finished_at DATETIME, 
	created_at DATETIME NOT NULL, 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	CONSTRAINT state_known CHECK (state IN ('waiting', 'done')), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(asked_by_id) REFERENCES ab_user (id) ON DELETE SET NULL
);
CREATE TABLE retentions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	days INTEGER, 
	next_days INTEGER, 
	next_at DATETIME, 
	CONSTRAINT one_retention UNIQUE (chatbot_id), 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
CREATE TABLE second_factors (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	user_id INTEGER NOT NULL, 
	secret TEXT NOT NULL, 
	confirmed_at DATETIME, 
	last_step INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	UNIQUE (user_id), 
	FOREIGN KEY(user_id) REFERENCES ab_user (id) ON DELETE CASCADE
);
CREATE TABLE service_key_places (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	workspace_id INTEGER NOT NULL, 
	key_id INTEGER NOT NULL, 
	FOREIGN KEY(key_id, service_id) REFERENCES service_keys (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(workspace_id, service_id) REFERENCES workspaces (id, service_id) ON DELETE CASCADE, 
	CONSTRAINT one_place_per_workspace UNIQUE (key_id, workspace_id), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
CREATE TABLE service_keys (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	uuid CHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	rights VARCHAR(8) NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	hint VARCHAR(16) NOT NULL, 
	maker_id INTEGER, 
	expired_at DATETIME, 
	last_used_at DATETIME, 
	revoked_at DATETIME, max_per_minute INTEGER, 
	CONSTRAINT key_in_service UNIQUE (id, service_id), 
	UNIQUE (uuid), 
	UNIQUE (token_hash), 
	CONSTRAINT rights_known CHECK (rights IN ('write', 'read', 'basics')), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(maker_id) REFERENCES ab_user (id) ON DELETE SET NULL
);
CREATE TABLE service_members (
	user_id INTEGER NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT role_known CHECK (role IN ('holder', 'member')), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(user_id) REFERENCES ab_user (id) ON DELETE CASCADE, 
	CONSTRAINT one_seat_per_person UNIQUE (service_id, user_id)
);
INSERT INTO "service_members" VALUES(1,'holder',1,1,'2026-11-26 07:40:44.288767');
CREATE TABLE services (
	name VARCHAR(120) NOT NULL, 
	plan_id INTEGER NOT NULL, 
	holder_id INTEGER NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	is_own BOOLEAN NOT NULL, 
	expired_at DATETIME, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, suspended_for TEXT DEFAULT '' NOT NULL, model_budget INTEGER, arriving_at DATETIME, suspended_at DATETIME, 
	CONSTRAINT status_known CHECK (status IN ('enabled', 'disabled', 'deleted')), 
	FOREIGN KEY(holder_id) REFERENCES ab_user (id), 
	FOREIGN KEY(plan_id) REFERENCES plans (id), 
	UNIQUE (uuid)
);
INSERT INTO "services" VALUES('This installation',4,1,'enabled',1,NULL,1,'54f8c2522f6b4e68815e1833eda7a7ec','2026-11-26 07:40:44.286898','',NULL,NULL,NULL);
CREATE TABLE session_words (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER NOT NULL, 
	session_id INTEGER NOT NULL, 
	words TEXT NOT NULL, 
	FOREIGN KEY(session_id, service_id, chatbot_id) REFERENCES chat_sessions (id, service_id, chatbot_id) ON DELETE CASCADE, 
	CONSTRAINT one_row_of_words UNIQUE (session_id), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
INSERT INTO "session_words" VALUES(1,1,1,1,'§1 1 be days goods how many may returned thirty within');
CREATE VIRTUAL TABLE session_words_fts USING fts5(words, content='session_words', content_rowid='session_id', detail=none, tokenize='ascii');
CREATE TABLE terms (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	version VARCHAR(32) NOT NULL, 
	text TEXT NOT NULL, 
	written_by_id INTEGER, 
	withdrawn_at DATETIME, 
	created_at DATETIME NOT NULL, 
	UNIQUE (version), 
	FOREIGN KEY(written_by_id) REFERENCES ab_user (id) ON DELETE SET NULL
);
CREATE TABLE terms_acceptances (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	user_id INTEGER NOT NULL, 
	terms_id INTEGER NOT NULL, 
	accepted_at DATETIME NOT NULL, 
	CONSTRAINT one_acceptance_of_a_version UNIQUE (user_id, terms_id), 
	FOREIGN KEY(user_id) REFERENCES ab_user (id) ON DELETE CASCADE, 
	FOREIGN KEY(terms_id) REFERENCES terms (id) ON DELETE CASCADE
);
CREATE TABLE usage_counters (
	metric VARCHAR(48) NOT NULL, 
	period_start DATETIME NOT NULL, 
	count INTEGER NOT NULL, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	CONSTRAINT one_counter_per_period UNIQUE (service_id, metric, period_start)
);
CREATE TABLE "user_service_subscribed" (
	user_id INTEGER NOT NULL, 
	plan_id INTEGER NOT NULL, 
	terms JSON NOT NULL, 
	subscription_date DATETIME NOT NULL, 
	expired_at DATETIME, 
	status VARCHAR(16) NOT NULL, 
	id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	kind VARCHAR(8) DEFAULT 'free' NOT NULL, 
	anchor_at DATETIME, 
	PRIMARY KEY (id), 
	CONSTRAINT status_known CHECK (status IN ('active', 'canceled', 'expired')), 
	CONSTRAINT kind_known CHECK (kind IN ('free', 'trial', 'paid')), 
	CONSTRAINT period_in_service UNIQUE (id, service_id), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(user_id) REFERENCES ab_user (id), 
	FOREIGN KEY(plan_id) REFERENCES plans (id)
);
INSERT INTO "user_service_subscribed" VALUES(1,4,'{"plan": "premium", "price": 14900, "currency": "EUR", "billing_cycle": "monthly", "features": {"chatbots": 100, "domains": 100, "workspaces": 50, "seats": 200, "storage_bytes": 100000000000, "documents": 100000, "max_crawl_pages": 10000, "messages_per_month": 200000, "ocr_pages_per_day": 5000, "requests_per_minute": 300, "api_requests_per_minute": 1200, "retention_days": 730, "grace_days": 90, "recrawl": "daily", "remove_branding": true}}','2026-11-26 07:40:44.312104',NULL,'active',1,1,'paid','2026-11-26 07:40:44.312104');
CREATE TABLE user_verification (
	user_id INTEGER NOT NULL, 
	purpose VARCHAR(16) NOT NULL, 
	verification_link VARCHAR(64) NOT NULL, 
	expired_at DATETIME NOT NULL, 
	used_at DATETIME, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	created_at DATETIME NOT NULL, email VARCHAR(320), password VARCHAR(256), 
	CONSTRAINT purpose_known CHECK (purpose IN ('verify', 'reset', 'email')), 
	FOREIGN KEY(user_id) REFERENCES ab_user (id) ON DELETE CASCADE, 
	UNIQUE (verification_link)
);
CREATE TABLE web_pages (
	source_id INTEGER NOT NULL, 
	url TEXT NOT NULL, 
	depth INTEGER NOT NULL, 
	taken BOOLEAN NOT NULL, 
	outcome VARCHAR(16), 
	reason TEXT NOT NULL, 
	title VARCHAR(500) NOT NULL, 
	n_chunks INTEGER NOT NULL, 
	etag VARCHAR(256), 
	last_modified VARCHAR(256), 
	body_hash VARCHAR(64) NOT NULL, 
	text_hash VARCHAR(64) NOT NULL, 
	same_as TEXT NOT NULL, 
	misses INTEGER NOT NULL, 
	seen_in INTEGER NOT NULL, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	chatbot_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT outcome_known CHECK (outcome IS NULL OR outcome IN ('added', 'changed', 'unchanged', 'removed', 'skipped', 'failed')), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(source_id, service_id, chatbot_id) REFERENCES chatbot_data (id, service_id, chatbot_id) ON DELETE CASCADE, 
	CONSTRAINT one_page_per_url UNIQUE (source_id, url)
);
CREATE TABLE webhook_deliveries (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER, 
	uuid CHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	webhook_id INTEGER NOT NULL, 
	event VARCHAR(16) NOT NULL, 
	submission_id INTEGER, 
	session_id INTEGER, 
	message_id INTEGER, 
	source_id INTEGER, 
	figures JSON NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	attempts INTEGER NOT NULL, 
	status_code INTEGER, 
	error VARCHAR(500) NOT NULL, 
	due_at DATETIME NOT NULL, 
	export_id INTEGER, 
	FOREIGN KEY(webhook_id, service_id) REFERENCES webhooks (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(export_id, service_id) REFERENCES exports (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(submission_id, service_id, chatbot_id) REFERENCES form_submissions (id, service_id, chatbot_id) ON DELETE CASCADE, 
	FOREIGN KEY(session_id, service_id, chatbot_id) REFERENCES chat_sessions (id, service_id, chatbot_id) ON DELETE CASCADE, 
	FOREIGN KEY(message_id, service_id, chatbot_id) REFERENCES chat_history (id, service_id, chatbot_id) ON DELETE CASCADE, 
	FOREIGN KEY(source_id, service_id, chatbot_id) REFERENCES chatbot_data (id, service_id, chatbot_id) ON DELETE CASCADE, 
	CONSTRAINT event_known CHECK (event IN ('session', 'refused', 'form', 'handoff', 'trained', 'source_failed', 'exported', 'test')), 
	CONSTRAINT state_known CHECK (state IN ('waiting', 'delivered', 'failed')), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	UNIQUE (uuid)
);
CREATE TABLE webhook_places (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	workspace_id INTEGER NOT NULL, 
	webhook_id INTEGER NOT NULL, 
	FOREIGN KEY(webhook_id, service_id) REFERENCES webhooks (id, service_id) ON DELETE CASCADE, 
	FOREIGN KEY(workspace_id, service_id) REFERENCES workspaces (id, service_id) ON DELETE CASCADE, 
	CONSTRAINT one_place_of_a_webhook UNIQUE (webhook_id, workspace_id), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
CREATE TABLE webhooks (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service_id INTEGER NOT NULL, 
	chatbot_id INTEGER, 
	uuid CHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	url TEXT NOT NULL, 
	events JSON NOT NULL, 
	sealed_secret TEXT NOT NULL, 
	sealed_secret_before TEXT, 
	secret_before_until DATETIME, 
	status VARCHAR(16) NOT NULL, 
	failing_since DATETIME, 
	reach VARCHAR(16) DEFAULT 'chatbot' NOT NULL, 
	CONSTRAINT webhook_in_service UNIQUE (id, service_id), 
	CONSTRAINT reach_known CHECK (reach IN ('chatbot', 'workspaces', 'service')), 
	CONSTRAINT chatbot_where_it_reaches_one CHECK ((reach = 'chatbot') = (chatbot_id IS NOT NULL)), 
	FOREIGN KEY(chatbot_id, service_id) REFERENCES chatbots (id, service_id) ON DELETE CASCADE, 
	CONSTRAINT status_known CHECK (status IN ('active', 'inactive')), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	UNIQUE (uuid)
);
CREATE TABLE websites (
	source_id INTEGER NOT NULL, 
	include JSON NOT NULL, 
	exclude JSON NOT NULL, 
	max_pages INTEGER, 
	schedule VARCHAR(8) NOT NULL, 
	due_at DATETIME, 
	phase VARCHAR(16) NOT NULL, 
	is_preview BOOLEAN NOT NULL, 
	is_canceled BOOLEAN NOT NULL, 
	has_consent BOOLEAN NOT NULL, 
	n_crawls INTEGER NOT NULL, 
	settled_crawl INTEGER NOT NULL, 
	home_url TEXT NOT NULL, 
	robots TEXT, 
	current_url TEXT NOT NULL, 
	n_requests INTEGER NOT NULL, 
	n_bytes INTEGER NOT NULL, 
	n_embedded INTEGER NOT NULL, 
	stop_reason TEXT NOT NULL, 
	started_at DATETIME, 
	ended_at DATETIME, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	chatbot_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT phase_known CHECK (phase IN ('due', 'crawling', 'previewed', 'awaiting_consent', 'consented', 'settled')), 
	CONSTRAINT schedule_known CHECK (schedule IN ('manual', 'monthly', 'weekly', 'daily')), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(source_id, service_id, chatbot_id) REFERENCES chatbot_data (id, service_id, chatbot_id) ON DELETE CASCADE, 
	UNIQUE (source_id)
);
CREATE TABLE workspace_members (
	user_id INTEGER NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	workspace_id INTEGER NOT NULL, 
	service_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT role_known CHECK (role IN ('owner', 'admin', 'user')), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE, 
	FOREIGN KEY(user_id) REFERENCES ab_user (id) ON DELETE CASCADE, 
	FOREIGN KEY(workspace_id, service_id) REFERENCES workspaces (id, service_id) ON DELETE CASCADE, 
	CONSTRAINT one_role_per_workspace UNIQUE (workspace_id, user_id)
);
CREATE TABLE "workspaces" (
	name VARCHAR(120) NOT NULL, 
	deleted_at DATETIME, 
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	uuid CHAR(32) NOT NULL, 
	service_id INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT workspace_in_service UNIQUE (id, service_id), 
	UNIQUE (uuid), 
	FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE
);
INSERT INTO "workspaces" VALUES('Main',NULL,1,'a251c38deec44f019463693c688acbbe',1,'2026-11-26 07:40:44.309547');
CREATE UNIQUE INDEX idx_api_key_lookup_hash ON ab_api_key (lookup_hash);
CREATE INDEX idx_api_key_prefix ON ab_api_key (key_prefix);
CREATE INDEX idx_api_key_user_id ON ab_api_key (user_id);
CREATE INDEX idx_group_id ON ab_group_role (group_id);
CREATE INDEX idx_group_role_id ON ab_group_role (role_id);
CREATE INDEX idx_permission_id ON ab_permission_view (permission_id);
CREATE INDEX idx_view_menu_id ON ab_permission_view (view_menu_id);
CREATE INDEX idx_user_group_id ON ab_user_group (group_id);
CREATE INDEX idx_user_id ON ab_user_group (user_id);
CREATE INDEX ix_services_holder_id ON services (holder_id);
CREATE INDEX ix_services_plan_id ON services (plan_id);
CREATE INDEX ix_user_verification_user_id ON user_verification (user_id);
CREATE INDEX idx_permission_view_id ON ab_permission_view_role (permission_view_id);
CREATE INDEX idx_role_id ON ab_permission_view_role (role_id);
CREATE INDEX ix_service_members_service_id ON service_members (service_id);
CREATE INDEX ix_service_members_user_id ON service_members (user_id);
CREATE INDEX ix_usage_counters_service_id ON usage_counters (service_id);
CREATE INDEX ix_invitations_service_id ON invitations (service_id);
CREATE INDEX ix_invitations_workspace_id ON invitations (workspace_id);
CREATE UNIQUE INDEX one_pending_invitation ON invitations (service_id, email) WHERE status = 'pending';
CREATE INDEX ix_workspace_members_service_id ON workspace_members (service_id);
CREATE INDEX ix_workspace_members_user_id ON workspace_members (user_id);
CREATE INDEX ix_workspace_members_workspace_id ON workspace_members (workspace_id);
CREATE INDEX chat_sessions_by_time ON chat_sessions (chatbot_id, last_message_at);
CREATE INDEX ix_chat_sessions_chatbot_id ON chat_sessions (chatbot_id);
CREATE INDEX ix_chat_sessions_domain_id ON chat_sessions (domain_id);
CREATE INDEX ix_chat_sessions_resume_hash ON chat_sessions (resume_hash);
CREATE INDEX ix_chat_sessions_service_id ON chat_sessions (service_id);
CREATE INDEX ix_embeds_chatbot_id ON embeds (chatbot_id);
CREATE INDEX ix_embeds_domain_id ON embeds (domain_id);
CREATE INDEX ix_embeds_service_id ON embeds (service_id);
CREATE INDEX ix_generations_chatbot_id ON generations (chatbot_id);
CREATE INDEX ix_generations_service_id ON generations (service_id);
CREATE INDEX ix_chat_history_chatbot_id ON chat_history (chatbot_id);
CREATE INDEX ix_chat_history_service_id ON chat_history (service_id);
CREATE INDEX ix_chat_history_session_id ON chat_history (session_id);
CREATE INDEX ix_documents_chatbot_id ON documents (chatbot_id);
CREATE INDEX ix_documents_service_id ON documents (service_id);
CREATE INDEX ix_documents_source_id ON documents (source_id);
CREATE INDEX chunks_by_text ON chunks (chatbot_id, text_hash);
CREATE INDEX ix_chunks_chatbot_id ON chunks (chatbot_id);
CREATE INDEX ix_chunks_service_id ON chunks (service_id);
CREATE INDEX ix_citations_chatbot_id ON citations (chatbot_id);
CREATE INDEX ix_citations_message_id ON citations (message_id);
CREATE INDEX ix_citations_service_id ON citations (service_id);
CREATE INDEX ix_user_service_subscribed_service_id ON user_service_subscribed (service_id);
CREATE UNIQUE INDEX one_active_subscription ON user_service_subscribed (service_id) WHERE status = 'active';
CREATE INDEX ix_user_service_subscribed_user_id ON user_service_subscribed (user_id);
CREATE INDEX ix_orders_service_id ON orders (service_id);
CREATE INDEX ix_orders_user_id ON orders (user_id);
CREATE UNIQUE INDEX one_pending_order ON orders (service_id) WHERE status = 'pending';
CREATE INDEX ix_notices_service_id ON notices (service_id);
CREATE INDEX ix_devices_user_id ON devices (user_id);
CREATE INDEX ix_recovery_codes_user_id ON recovery_codes (user_id);
CREATE INDEX ix_outgoing_mails_invitation_id ON outgoing_mails (invitation_id);
CREATE INDEX mails_by_turn ON outgoing_mails (state, due_at);
CREATE INDEX ix_audit_events_service_id ON audit_events (service_id);
CREATE INDEX ix_audit_events_workspace_id ON audit_events (workspace_id);
CREATE INDEX documents_by_name ON documents (source_id, name);
CREATE INDEX ix_web_pages_chatbot_id ON web_pages (chatbot_id);
CREATE INDEX ix_web_pages_service_id ON web_pages (service_id);
CREATE INDEX web_pages_by_outcome ON web_pages (source_id, outcome);
CREATE INDEX ix_websites_chatbot_id ON websites (chatbot_id);
CREATE INDEX ix_websites_due_at ON websites (due_at);
CREATE INDEX ix_websites_service_id ON websites (service_id);
CREATE INDEX ix_handovers_service_id ON handovers (service_id);
CREATE INDEX ix_handovers_successor_id ON handovers (successor_id);
CREATE INDEX ix_acting_grants_service_id ON acting_grants (service_id);
CREATE INDEX ix_acting_grants_user_id ON acting_grants (user_id);
CREATE INDEX ix_workspaces_service_id ON workspaces (service_id);
CREATE UNIQUE INDEX one_workspace_of_a_name ON workspaces (service_id, name) WHERE deleted_at IS NULL;
CREATE INDEX ix_domains_service_id ON domains (service_id);
CREATE UNIQUE INDEX one_holder_of_a_domain ON domains (scheme, domain, coalesce(port, 0)) WHERE verified AND NOT internal;
CREATE UNIQUE INDEX one_domain_of_a_place ON domains (service_id, scheme, domain, coalesce(port, 0));
CREATE INDEX messages_by_time ON chat_history (type, timestamp);
CREATE INDEX ix_domains_due_at ON domains (due_at);
CREATE INDEX ix_identity_keys_chatbot_id ON identity_keys (chatbot_id);
CREATE INDEX ix_identity_keys_service_id ON identity_keys (service_id);
CREATE INDEX ix_forms_service_id ON forms (service_id);
CREATE INDEX ix_forms_chatbot_id ON forms (chatbot_id);
CREATE INDEX ix_form_submissions_service_id ON form_submissions (service_id);
CREATE INDEX ix_form_submissions_chatbot_id ON form_submissions (chatbot_id);
CREATE INDEX ix_form_submissions_form_id ON form_submissions (form_id);
CREATE INDEX ix_form_submissions_session_id ON form_submissions (session_id);
CREATE INDEX submissions_by_time ON form_submissions (chatbot_id, created_at);
CREATE INDEX ix_chat_models_service_id ON chat_models (service_id);
CREATE INDEX ix_chat_models_chatbot_id ON chat_models (chatbot_id);
CREATE INDEX ix_instructions_service_id ON instructions (service_id);
CREATE INDEX ix_instructions_chatbot_id ON instructions (chatbot_id);
CREATE INDEX ix_model_spending_service_id ON model_spending (service_id);
CREATE INDEX ix_model_spending_chatbot_id ON model_spending (chatbot_id);
CREATE INDEX ix_chatbots_workspace_id ON chatbots (workspace_id);
CREATE INDEX ix_chatbots_service_id ON chatbots (service_id);
CREATE INDEX ix_chatbot_data_service_id ON chatbot_data (service_id);
CREATE INDEX ix_chatbot_data_state ON chatbot_data (state);
CREATE INDEX ix_chatbot_data_chatbot_id ON chatbot_data (chatbot_id);
CREATE INDEX ix_golden_questions_service_id ON golden_questions (service_id);
CREATE INDEX ix_golden_questions_chatbot_id ON golden_questions (chatbot_id);
CREATE UNIQUE INDEX embed_in_chatbot ON embeds (id, service_id, chatbot_id);
CREATE INDEX ix_embed_days_service_id ON embed_days (service_id);
CREATE INDEX ix_embed_days_chatbot_id ON embed_days (chatbot_id);
CREATE INDEX ix_embed_refusals_service_id ON embed_refusals (service_id);
CREATE INDEX ix_embed_refusals_chatbot_id ON embed_refusals (chatbot_id);
CREATE INDEX ix_embed_refusals_day ON embed_refusals (day);
CREATE INDEX ix_retentions_service_id ON retentions (service_id);
CREATE INDEX ix_retentions_chatbot_id ON retentions (chatbot_id);
CREATE INDEX ix_legal_holds_service_id ON legal_holds (service_id);
CREATE INDEX ix_legal_holds_chatbot_id ON legal_holds (chatbot_id);
CREATE INDEX ix_erasures_service_id ON erasures (service_id);
CREATE INDEX ix_erasures_chatbot_id ON erasures (chatbot_id);
CREATE INDEX sessions_of_chatbot ON chat_sessions (chatbot_id, started_at, id);
CREATE INDEX sessions_of_domain ON chat_sessions (domain_id, started_at, id);
CREATE INDEX sessions_with_errors ON chat_sessions (service_id, started_at, id) WHERE n_error > 0;
CREATE INDEX sessions_disliked ON chat_sessions (service_id, started_at, id) WHERE n_negative > 0;
CREATE INDEX sessions_with_submissions ON chat_sessions (service_id, started_at, id) WHERE n_submissions > 0;
CREATE INDEX sessions_handed_over ON chat_sessions (service_id, started_at, id) WHERE handed_over_at IS NOT NULL;
CREATE INDEX sessions_to_sum_up ON chat_sessions (summary_due_at) WHERE summary_due_at IS NOT NULL;
CREATE INDEX messages_of_service ON chat_history (service_id, timestamp, id);
CREATE INDEX messages_of_chatbot ON chat_history (chatbot_id, timestamp, id);
CREATE INDEX ix_message_marks_service_id ON message_marks (service_id);
CREATE INDEX ix_message_marks_chatbot_id ON message_marks (chatbot_id);
CREATE INDEX ix_message_marks_session_id ON message_marks (session_id);
CREATE INDEX marks_of_chatbot ON message_marks (chatbot_id, mark, session_id);
CREATE INDEX ix_session_words_service_id ON session_words (service_id);
CREATE INDEX ix_session_words_chatbot_id ON session_words (chatbot_id);
CREATE TRIGGER session_words_added AFTER INSERT ON session_words BEGIN INSERT INTO session_words_fts(rowid, words) VALUES (new.session_id, new.words); END;
CREATE TRIGGER session_words_deleted AFTER DELETE ON session_words BEGIN INSERT INTO session_words_fts(session_words_fts, rowid, words) VALUES ('delete', old.session_id, old.words); END;
CREATE TRIGGER session_words_changed AFTER UPDATE OF words ON session_words BEGIN INSERT INTO session_words_fts(session_words_fts, rowid, words) VALUES ('delete', old.session_id, old.words); INSERT INTO session_words_fts(rowid, words) VALUES (new.session_id, new.words); END;
CREATE INDEX messages_uncounted ON chat_history (id) WHERE uncounted IS NOT NULL;
CREATE INDEX submissions_uncounted ON form_submissions (id) WHERE uncounted IS NOT NULL;
CREATE INDEX sessions_by_visitor ON chat_sessions (visitor_hash, chatbot_id) WHERE visitor_hash IS NOT NULL;
CREATE INDEX ix_chatbot_hours_service_id ON chatbot_hours (service_id);
CREATE INDEX ix_chatbot_hours_chatbot_id ON chatbot_hours (chatbot_id);
CREATE INDEX ix_chatbot_days_service_id ON chatbot_days (service_id);
CREATE INDEX ix_chatbot_days_chatbot_id ON chatbot_days (chatbot_id);
CREATE INDEX ix_question_clusters_service_id ON question_clusters (service_id);
CREATE INDEX ix_question_clusters_chatbot_id ON question_clusters (chatbot_id);
CREATE INDEX clusters_by_size ON question_clusters (chatbot_id, n_open);
CREATE INDEX ix_asked_questions_service_id ON asked_questions (service_id);
CREATE INDEX ix_asked_questions_chatbot_id ON asked_questions (chatbot_id);
CREATE INDEX asked_by_cluster ON asked_questions (cluster_id, trouble, asked_at);
CREATE INDEX asked_and_due ON asked_questions (is_due) WHERE is_due IS NOT NULL;
CREATE INDEX ix_service_keys_service_id ON service_keys (service_id);
CREATE INDEX ix_service_keys_maker_id ON service_keys (maker_id);
CREATE INDEX ix_service_key_places_service_id ON service_key_places (service_id);
CREATE INDEX ix_service_key_places_key_id ON service_key_places (key_id);
CREATE INDEX ix_service_key_places_workspace_id ON service_key_places (workspace_id);
CREATE INDEX ix_api_replies_service_id ON api_replies (service_id);
CREATE UNIQUE INDEX one_service_of_a_host ON domains (domain) WHERE holds_host;
CREATE INDEX ix_domain_grants_service_id ON domain_grants (service_id);
CREATE INDEX ix_domain_grants_workspace_id ON domain_grants (workspace_id);
CREATE INDEX ix_domain_grants_domain_id ON domain_grants (domain_id);
CREATE INDEX ix_export_schedules_service_id ON export_schedules (service_id);
CREATE INDEX ix_export_schedules_member_id ON export_schedules (member_id);
CREATE INDEX schedules_by_turn ON export_schedules (status, due_at);
CREATE INDEX ix_exports_service_id ON exports (service_id);
CREATE INDEX ix_exports_member_id ON exports (member_id);
CREATE INDEX ix_exports_schedule_id ON exports (schedule_id);
CREATE INDEX ix_exports_expires_at ON exports (expires_at);
CREATE INDEX exports_by_turn ON exports (state, heartbeat_at);
CREATE INDEX answers_under_way ON chat_history (id) WHERE finish = 'pending';
CREATE INDEX sessions_of_service ON chat_sessions (service_id, started_at, id, chatbot_id, slowest_ms);
CREATE INDEX sessions_of_language ON chat_sessions (service_id, language, started_at, id);
CREATE INDEX curated_by_question ON curated_answers (chatbot_id, question_key);
CREATE INDEX ix_curated_answers_chatbot_id ON curated_answers (chatbot_id);
CREATE INDEX ix_curated_answers_service_id ON curated_answers (service_id);
CREATE INDEX wordings_of_question ON curated_answers (wording_of_id);
CREATE UNIQUE INDEX export_in_service ON exports (id, service_id);
CREATE INDEX ix_webhooks_service_id ON webhooks (service_id);
CREATE INDEX ix_webhooks_chatbot_id ON webhooks (chatbot_id);
CREATE INDEX ix_webhook_deliveries_service_id ON webhook_deliveries (service_id);
CREATE INDEX deliveries_by_turn ON webhook_deliveries (state, due_at);
CREATE INDEX ix_webhook_deliveries_chatbot_id ON webhook_deliveries (chatbot_id);
CREATE INDEX ix_webhook_deliveries_webhook_id ON webhook_deliveries (webhook_id);
CREATE INDEX ix_webhook_deliveries_submission_id ON webhook_deliveries (submission_id);
CREATE INDEX ix_webhook_deliveries_session_id ON webhook_deliveries (session_id);
CREATE INDEX ix_webhook_deliveries_message_id ON webhook_deliveries (message_id);
CREATE INDEX ix_webhook_deliveries_source_id ON webhook_deliveries (source_id);
CREATE INDEX ix_webhook_deliveries_export_id ON webhook_deliveries (export_id);
CREATE INDEX ix_webhook_places_service_id ON webhook_places (service_id);
CREATE INDEX ix_webhook_places_workspace_id ON webhook_places (workspace_id);
CREATE INDEX ix_webhook_places_webhook_id ON webhook_places (webhook_id);
CREATE INDEX ix_export_listeners_service_id ON export_listeners (service_id);
CREATE INDEX ix_export_listeners_webhook_id ON export_listeners (webhook_id);
CREATE INDEX clusters_without_leader ON question_clusters (chatbot_id) WHERE leader_id IS NULL;
CREATE INDEX chatbot_days_by_kind ON chatbot_days (service_id, kind, chatbot_id, day, "key", n, n_answered);
CREATE INDEX ix_redactions_service_id ON redactions (service_id);
CREATE INDEX ix_redactions_chatbot_id ON redactions (chatbot_id);
CREATE UNIQUE INDEX one_redaction_at_a_time ON redactions (chatbot_id) WHERE state = 'waiting';
CREATE INDEX sessions_of_page ON chat_sessions (service_id, page);
CREATE INDEX ix_terms_acceptances_user_id ON terms_acceptances (user_id);
CREATE INDEX ix_terms_acceptances_terms_id ON terms_acceptances (terms_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('workspaces',1);
INSERT INTO "sqlite_sequence" VALUES('domains',1);
INSERT INTO "sqlite_sequence" VALUES('chatbots',1);
INSERT INTO "sqlite_sequence" VALUES('chatbot_data',2);
INSERT INTO "sqlite_sequence" VALUES('curated_answers',0);
INSERT INTO "sqlite_sequence" VALUES('webhooks',0);
INSERT INTO "sqlite_sequence" VALUES('webhook_deliveries',0);
INSERT INTO "sqlite_sequence" VALUES('plans',4);
INSERT INTO "sqlite_sequence" VALUES('services',1);
INSERT INTO "sqlite_sequence" VALUES('service_members',1);
INSERT INTO "sqlite_sequence" VALUES('forms',1);
INSERT INTO "sqlite_sequence" VALUES('documents',2);
INSERT INTO "sqlite_sequence" VALUES('chunks',2);
INSERT INTO "sqlite_sequence" VALUES('generations',1);
INSERT INTO "sqlite_sequence" VALUES('embeds',1);
INSERT INTO "sqlite_sequence" VALUES('chat_sessions',1);
INSERT INTO "sqlite_sequence" VALUES('chat_history',2);
INSERT INTO "sqlite_sequence" VALUES('citations',1);
INSERT INTO "sqlite_sequence" VALUES('session_words',1);
INSERT INTO session_words_fts(session_words_fts) VALUES ('rebuild');
COMMIT;

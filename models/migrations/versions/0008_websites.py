"""websites: crawled sources, and a row for each of their URLs

Revision ID: 0008_websites
Revises: 0007_audit
"""

import sqlalchemy as sa
from alembic import op

import models.base


revision = '0008_websites'
down_revision = '0007_audit'
branch_labels = None
depends_on = None


def _allow_kinds(*kinds: str) -> None:
    """Hold chatbot_data.kind to these words (SQLite copies the table for it)."""
    known = "kind IN (" + ", ".join(f"'{kind}'" for kind in kinds) + ")"
    with op.batch_alter_table('chatbot_data', table_kwargs={'sqlite_autoincrement': True}) as batch_op:
        batch_op.drop_constraint('kind_known', type_='check')
        batch_op.create_check_constraint('kind_known', known)


def upgrade() -> None:
    _allow_kinds('file', 'url', 'website')
    op.create_index('documents_by_name', 'documents', ['source_id', 'name'])
    op.create_table('web_pages',
    sa.Column('source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('depth', sa.Integer(), nullable=False),
    sa.Column('taken', sa.Boolean(), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('title', sa.String(length=500), nullable=False),
    sa.Column('n_chunks', sa.Integer(), nullable=False),
    sa.Column('etag', sa.String(length=256), nullable=True),
    sa.Column('last_modified', sa.String(length=256), nullable=True),
    sa.Column('body_hash', sa.String(length=64), nullable=False),
    sa.Column('text_hash', sa.String(length=64), nullable=False),
    sa.Column('same_as', sa.Text(), nullable=False),
    sa.Column('misses', sa.Integer(), nullable=False),
    sa.Column('seen_in', sa.Integer(), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('chatbot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('service_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', models.base.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("outcome IS NULL OR outcome IN ('added', 'changed', 'unchanged', 'removed', 'skipped', 'failed')", name='outcome_known'),
    sa.ForeignKeyConstraint(['service_id'], ['services.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['source_id', 'service_id', 'chatbot_id'], ['chatbot_data.id', 'chatbot_data.service_id', 'chatbot_data.chatbot_id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('source_id', 'url', name='one_page_per_url'),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('web_pages', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_web_pages_chatbot_id'), ['chatbot_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_web_pages_service_id'), ['service_id'], unique=False)
        batch_op.create_index('web_pages_by_outcome', ['source_id', 'outcome'], unique=False)

    op.create_table('websites',
    sa.Column('source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('include', sa.JSON(), nullable=False),
    sa.Column('exclude', sa.JSON(), nullable=False),
    sa.Column('max_pages', sa.Integer(), nullable=True),
    sa.Column('schedule', sa.String(length=8), nullable=False),
    sa.Column('due_at', models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('phase', sa.String(length=16), nullable=False),
    sa.Column('is_preview', sa.Boolean(), nullable=False),
    sa.Column('is_canceled', sa.Boolean(), nullable=False),
    sa.Column('has_consent', sa.Boolean(), nullable=False),
    sa.Column('n_crawls', sa.Integer(), nullable=False),
    sa.Column('settled_crawl', sa.Integer(), nullable=False),
    sa.Column('home_url', sa.Text(), nullable=False),
    sa.Column('robots', sa.Text(), nullable=True),
    sa.Column('current_url', sa.Text(), nullable=False),
    sa.Column('n_requests', sa.Integer(), nullable=False),
    sa.Column('n_bytes', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('n_embedded', sa.Integer(), nullable=False),
    sa.Column('stop_reason', sa.Text(), nullable=False),
    sa.Column('started_at', models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ended_at', models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('chatbot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('service_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', models.base.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("phase IN ('due', 'crawling', 'previewed', 'awaiting_consent', 'consented', 'settled')", name='phase_known'),
    sa.CheckConstraint("schedule IN ('manual', 'monthly', 'weekly', 'daily')", name='schedule_known'),
    sa.ForeignKeyConstraint(['service_id'], ['services.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['source_id', 'service_id', 'chatbot_id'], ['chatbot_data.id', 'chatbot_data.service_id', 'chatbot_data.chatbot_id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('source_id'),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('websites', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_websites_chatbot_id'), ['chatbot_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_websites_due_at'), ['due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_websites_service_id'), ['service_id'], unique=False)


def downgrade() -> None:
    op.drop_table('websites')
    op.drop_table('web_pages')
    op.drop_index('documents_by_name', 'documents')
    op.execute("DELETE FROM chatbot_data WHERE kind = 'website'")
    _allow_kinds('file', 'url')
